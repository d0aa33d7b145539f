import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { perform, pgDumpFound, queueBackup } from '@/lib/backup/backup.test-setup';
import { readFence } from '@/lib/target';
import { adminUrl } from '@/lib/testing/database';
import { raiseFenceSql, releaseFenceSql } from '@/lib/undo';
import { cancelRestore, performDropOfNew } from '.';
import { createRestoreRoom, type RestoreRoom } from './restore-room.fixture';

let room: RestoreRoom;
const roles: string[] = [];
afterEach(async () => {
  await room?.close();
  const server = new pg.Client({ connectionString: adminUrl() });
  await server.connect();
  for (const role of roles.splice(0)) await server.query(`DROP ROLE IF EXISTS ${role}`);
  await server.end();
});

async function createRole(): Promise<string> {
  const role = `role_${randomBytes(6).toString('hex')}`;
  roles.push(role);
  await room.server(`CREATE ROLE ${role}`);
  return role;
}

const dress = async (name: string) =>
  (
    await room.server(
      `SELECT d.datconnlimit, (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(coalesce(d.datacl, acldefault('d', d.datdba))) a) AS rights, d.datdba::regrole::text AS owner, d.datistemplate,
              (SELECT array_agg(coalesce(nullif(s.setrole, 0)::regrole::text, '') || s.setconfig::text ORDER BY s.setrole)
                 FROM pg_db_role_setting s WHERE s.setdatabase = d.oid) AS settings
         FROM pg_database d WHERE d.datname = $1`,
      [name],
    )
  )[0];

describe.skipIf(!pgDumpFound)(
  'what a database has beside its contents',
  { timeout: 120_000 },
  () => {
    it('is that of the present one at the swap, without rights that were taken away since the restore', async () => {
      room = await createRestoreRoom({ approvals: 0 });
      const { name } = room.planned.live;
      const left = await createRole();
      const owner = await createRole();
      await room.server(`GRANT CONNECT, TEMPORARY ON DATABASE ${name} TO ${left}`);
      await room.server(`ALTER ROLE ${left} IN DATABASE ${name} SET work_mem TO '9MB'`);
      const restore = await room.restored();
      for (const sql of [
        `REVOKE ALL ON DATABASE ${name} FROM ${left}`,
        `ALTER ROLE ${left} IN DATABASE ${name} RESET ALL`,
        `ALTER DATABASE ${name} OWNER TO ${owner}`,
        `REVOKE CREATE ON DATABASE ${name} FROM ${owner}`,
        `ALTER DATABASE ${name} CONNECTION LIMIT 44`,
        `ALTER DATABASE ${name} IS_TEMPLATE true`,
      ])
        await room.server(sql);
      const before = await dress(name);
      await room.pressSwap(restore);
      await room.perform(restore.id);
      expect(await room.row(restore.id)).toMatchObject({ status: 'swapped' });
      expect(await dress(name)).toEqual(before);
      await room.server(
        `UPDATE pg_database SET datistemplate = false WHERE starts_with(datname, '${name}')`,
      );
    });

    it('does not stop the restore: read only, a limit of connections, a short statement timeout', async () => {
      room = await createRestoreRoom({ approvals: 0 });
      const { name } = room.planned.live;
      await room.server(`ALTER DATABASE ${name} SET default_transaction_read_only TO on`);
      await room.server(`ALTER DATABASE ${name} SET statement_timeout TO '9s'`);
      await room.server(`ALTER DATABASE ${name} CONNECTION LIMIT 33`);
      const before = await dress(name);
      const restore = await room.restored();
      const { newDatabase } = await room.row(restore.id);
      expect(await dress(newDatabase ?? '')).toMatchObject({
        datconnlimit: -1,
        settings: expect.arrayContaining([
          expect.stringMatching(/default_transaction_read_only=off,statement_timeout=0/),
        ]),
      });
      await room.pressSwap(restore);
      await room.perform(restore.id);
      expect(await room.row(restore.id)).toMatchObject({ status: 'swapped' });
      expect(await dress(name)).toEqual(before);
    });
  },
);

describe.skipIf(!pgDumpFound)('what a dump brings along', { timeout: 120_000 }, () => {
  it('but a subscription, which would keep the restored database from being dropped', async () => {
    room = await createRestoreRoom({ approvals: 0 }, async ({ live }) => {
      const client = await live.connect();
      await client.query(
        "CREATE SUBSCRIPTION kept CONNECTION 'dbname=nowhere' PUBLICATION p WITH (connect = false, slot_name = NONE)",
      );
      await client.end();
    });
    const restore = await room.restored();
    const { newDatabase } = await room.row(restore.id);
    await cancelRestore(room.onCall, { restore: restore.label });
    await performDropOfNew(room.system, restore.id, room);
    expect(await room.row(restore.id)).toMatchObject({ status: 'cancelled', message: null });
    expect(await dress(newDatabase ?? '')).toBeUndefined();
    await room.sql('DROP SUBSCRIPTION kept');
  });

  it('but a fence that has been released since', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const { planned } = room;
    const { tracking } = planned.target;
    const fence = { rollback: 'RB-0007', head: '0002_invites' };
    for (const sql of raiseFenceSql(tracking, fence)) await room.sql(sql);
    const backupId = await queueBackup(planned);
    await perform(planned, backupId);
    room.backup = `B-${String(backupId).padStart(4, '0')}`;
    for (const sql of releaseFenceSql(tracking)) await room.sql(sql);
    const restore = await room.restored();
    expect((await room.row(restore.id)).evidence?.fence).toBeNull();
    await room.pressSwap(restore);
    await room.perform(restore.id);
    const client = await planned.live.connect();
    expect(await readFence(client, tracking)).toBeNull();
    await client.end();
  });
});
