import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEvents } from '@/lib/control';
import { createFaultRoom, type FaultRoom } from '@/lib/testing/fault-room';
import { PLAIN } from '@/lib/testing/ledger-history';
import { expectAgreement } from '@/lib/testing/oracle';

let room: FaultRoom;
beforeAll(async () => {
  room = await createFaultRoom();
});
afterAll(() => room.dispose());

describe('a web server that is killed', { timeout: 180_000 }, () => {
  it('in the middle of a run is not missed, and what it did not see is there to be read', async () => {
    const target = await room.target(PLAIN);
    await room.executor();
    const held = target.proxy.hold({
      session: /^backstep run /,
      statement: /^COMMIT/,
      when: 'before',
    });
    const { planDigest: digest } = await target.row();
    const { actor, config } = target.ctx;
    const input = { rollback: target.label, digest, confirm: target.sample.target.name };
    const web = spawn(process.execPath, ['--import', 'tsx', 'lib/testing/press-run.ts'], {
      env: {
        ...process.env,
        PRESS: JSON.stringify({ url: room.control.url, actor, config, input }),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(web.stdout, 'data');
    const at = await held;
    const seen = (await readEvents(target.ctx, target.id)).at(-1)?.seq ?? 0;
    const gone = once(web, 'exit');
    web.kill('SIGKILL');
    await gone;
    at.forward();
    expect(await target.settled()).toMatchObject({ outcome: 'changed_verified', stepsDone: 3 });
    await expectAgreement(room.system(), target);
    const missed = await readEvents(target.ctx, target.id, seen);
    expect(missed[0]?.seq).toBe(seen + 1);
    expect(missed.at(-1)?.kind).toBe('run.finished');
  });
});
