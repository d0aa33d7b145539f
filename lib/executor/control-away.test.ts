import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, startCluster } from '@/lib/embedded';
import { createFaultRoom, type FaultRoom, until } from '@/lib/testing/fault-room';
import { PLAIN } from '@/lib/testing/ledger-history';
import { expectAgreement } from '@/lib/testing/oracle';

/** The control database's whole server stops in the middle of a run, and comes back. */
let home: string;
let cluster: Cluster;
let room: FaultRoom;
const RUN = /^backstep run /;

const start = (port?: number) =>
  startCluster({
    name: 'control',
    home,
    port,
    settings: { fsync: 'off', synchronous_commit: 'off', max_connections: 100 },
  });

beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'backstep-control-'));
  // As root the server's own user has to pass through.
  await chmod(home, 0o755);
  cluster = await start();
  room = await createFaultRoom({ controlServer: cluster.url() });
}, 120_000);

afterAll(async () => {
  await room.dispose();
  await cluster.stop();
  await rm(home, { recursive: true, force: true });
}, 120_000);

describe('a control database whose server stops', { timeout: 240_000 }, () => {
  it('lets nothing be committed, and every run be settled when it is back', async () => {
    const waiting = await room.target(PLAIN, { policy: { lock_timeout_ms: 120_000 } });
    const committed = await room.target(PLAIN);
    const executor = await room.executor();
    const blocker = await waiting.sample.database.connect();
    await blocker.query('BEGIN; SELECT FROM rooms');
    const answered = committed.proxy.hold({ session: RUN, statement: /^COMMIT/, when: 'answered' });
    await Promise.all([waiting.press(), committed.press()]);
    await waiting.heard('lock.waiting');
    const held = await answered;

    await cluster.stop();
    // The one run may go on to its COMMIT, the other one hears that its COMMIT went through.
    await blocker.end();
    held.forward();
    for (const { label, proxy } of [waiting, committed]) {
      await until(`${label} gives its session up`, async () => proxy.open(RUN) === 0);
    }
    cluster = await start(cluster.port);

    expect(await waiting.settled()).toMatchObject({
      status: 'stopped',
      outcome: 'nothing_changed',
      stepsDone: 0,
    });
    expect(await committed.settled()).toMatchObject({
      status: 'stopped',
      outcome: 'stopped_clean',
      stepsDone: 1,
    });
    expect(executor.ended()).toBeUndefined();
    for (const target of [waiting, committed]) {
      await expectAgreement(room.system(), target);
      await target.press();
      expect(await target.settled()).toMatchObject({ outcome: 'changed_verified' });
      await expectAgreement(room.system(), target);
    }
  });

  it('loses its connections and goes on: four runs at four places', async () => {
    const statements = [/^BEGIN/, /^INSERT INTO ledger/, /^DROP INDEX/, /^COMMIT/];
    const targets = await Promise.all(statements.map(() => room.target(PLAIN)));
    const executor = await room.executor();
    const holds = targets.map(({ proxy }, index) =>
      proxy.hold({ session: RUN, statement: statements[index], when: 'answered' }),
    );
    for (const target of targets) await target.press();
    const held = await Promise.all(holds);
    await room.control.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'backstep executor'`,
    );
    for (const at of held) at.forward();
    for (const target of targets) {
      const { status } = await target.settled();
      await expectAgreement(room.system(), target);
      if (status === 'stopped') await target.press();
      expect(await target.settled()).toMatchObject({ outcome: 'changed_verified' });
      await expectAgreement(room.system(), target);
    }
    expect(executor.ended()).toBeUndefined();
  });
});
