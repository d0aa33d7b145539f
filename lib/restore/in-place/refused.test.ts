import { randomBytes } from 'node:crypto';
import { desc, eq, sql } from 'drizzle-orm';
import { afterEach, describe, expect, it } from 'vitest';
import { requestTargetBackup } from '@/lib/backup';
import { pgDumpFound, perform as takeBackup } from '@/lib/backup/backup.test-setup';
import { tables } from '@/lib/control';
import { RUN_LOCK_CLASS } from '@/lib/target';
import { startWireProxy } from '@/lib/testing/wire-proxy';
import {
  cancelRestore,
  dropFormer,
  getRestore,
  performDropOfFormer,
  performDropOfNew,
  performRestore,
  readRestoreChoice,
  reconcileRestore,
  reconcileRestoreNow,
  startRestore,
  takeSafetyBackup,
} from '..';
import { createInPlaceRoom, type InPlaceRoom } from './in-place-room.fixture';

let room: InPlaceRoom;
afterEach(() => room?.close());

const ROOMS = 'SELECT count(*)::int AS n FROM rooms';

async function tryToSwap(restore: { id: number; label: string; digest: string }) {
  await room.pressSwap(restore);
  await room.perform(restore.id);
  return room.row(restore.id);
}

/** Nothing has moved, and the target serves. */
async function expectUntouched() {
  expect(await room.sql(ROOMS)).toEqual([{ n: 507 }]);
  expect((await room.schemas()).filter((name) => /_before_/.test(name))).toEqual([]);
}

describe.skipIf(!pgDumpFound)('a swap in place', { timeout: 180_000 }, () => {
  it('that loses more than was approved is measured anew, and then wants another backup of the present state', async () => {
    room = await createInPlaceRoom();
    const restore = await room.restored();
    await room.safety(restore.label);
    await room.sql(
      "INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('by hand', 1999999999999)",
    );
    const row = await tryToSwap(restore);
    expect(row.status).toBe('approved');
    expect(row.message).toMatch(/has been migrated since the backup was restored/);
    expect(row.digest).not.toBe(restore.digest);
    expect(row.evidence?.loss.migrations).toHaveLength(2);
    expect(row.evidence?.inPlace?.fingerprint).toBeDefined();
    const again = { ...restore, digest: row.digest ?? '' };
    const stale = await tryToSwap(again);
    expect(stale.message).toMatch(/B-0002.*migrated or changed since/);
    await expectUntouched();
    await room.safety(restore.label);
    expect(await tryToSwap(again)).toMatchObject({ status: 'swapped' });
  });

  it.each([
    {
      what: 'migrates',
      sql: "INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('by hand', 1999999999999)",
      says: /was migrated while the swap began/,
    },
    {
      what: 'makes something by hand that no backup has',
      sql: "CREATE FUNCTION public.by_hand() RETURNS int LANGUAGE sql AS 'SELECT 1'",
      says: /B-0002.*migrated or changed since.*Take another/,
    },
  ])('before which somebody $what in the last moment does nothing', async ({ sql, says }) => {
    room = await createInPlaceRoom();
    const restore = await room.restored();
    await room.safety(restore.label);
    const { target } = room.planned;
    const proxy = await startWireProxy(target.url);
    const direct = target.url;
    target.url = proxy.url;
    await room.pressSwap(restore);
    const locking = proxy.hold({ statement: /^LOCK TABLE/, when: 'before' });
    const swap = room.perform(restore.id);
    const held = await locking;
    await room.sql(sql);
    held.forward();
    await swap;
    target.url = direct;
    await proxy.close();
    const row = await room.row(restore.id);
    expect(row.status).toBe('approved');
    expect(row.message).toMatch(says);
    await expectUntouched();
  });

  it('whose COMMIT nobody answers is unknown, and then settled by the server', async () => {
    room = await createInPlaceRoom();
    const restore = await room.restored();
    await room.safety(restore.label);
    const { target } = room.planned;
    const proxy = await startWireProxy(target.url);
    const direct = target.url;
    target.url = proxy.url;
    await room.pressSwap(restore);
    const commit = proxy.hold({ statement: /^COMMIT/, when: 'answered' });
    const swap = room.perform(restore.id);
    const held = await commit;
    proxy.refuse(true);
    held.cut();
    await swap;
    expect(await room.row(restore.id)).toMatchObject({ status: 'unknown' });
    proxy.refuse(false);
    await reconcileRestore(room.onCall, { restore: restore.label });
    await reconcileRestoreNow(room.system, restore.id, room);
    expect(await room.row(restore.id)).toMatchObject({ status: 'swapped', message: null });
    expect(await room.sql(ROOMS)).toEqual([{ n: 500 }]);
    // By hand: neither the one nor the other, and it says so instead of guessing.
    await room.pressSwapBack(restore);
    await room.sql('ALTER SCHEMA public RENAME TO elsewhere');
    await room.perform(restore.id);
    const row = await room.row(restore.id);
    expect(row.status).toBe('unknown');
    expect(row.message).toMatch(/public .*is called elsewhere/);
    await room.sql('ALTER SCHEMA elsewhere RENAME TO public');
    await reconcileRestoreNow(room.system, restore.id, room);
    expect(await room.row(restore.id)).toMatchObject({ status: 'swapped' });
    target.url = direct;
    await proxy.close();
  });

  it('that can’t have a lock tells who is in the way, and nothing was done', async () => {
    room = await createInPlaceRoom();
    const restore = await room.restored();
    await room.safety(restore.label);
    // A superuser's session, which the role may not end.
    const holder = await room.planned.live.connect();
    await holder.query('BEGIN; LOCK TABLE rooms IN ACCESS SHARE MODE');
    const row = await tryToSwap(restore);
    expect(row.status).toBe('approved');
    expect(row.message).toMatch(
      /After 6 attempts a table is still in use.*may not end these sessions/s,
    );
    await holder.query('COMMIT');
    await holder.end();
    await expectUntouched();
    expect(await tryToSwap(restore)).toMatchObject({ status: 'swapped' });
  });

  it('leaves a rollback alone that runs in the same database, for another target or by another Backstep', async () => {
    room = await createInPlaceRoom();
    const restore = await room.restored();
    await room.safety(restore.label);
    const running = await room.planned.live.connect();
    await running.query("SELECT pg_advisory_lock($1, hashtext('drizzle.another'))", [
      RUN_LOCK_CLASS,
    ]);
    const row = await tryToSwap(restore);
    expect(row.status).toBe('approved');
    expect(row.message).toMatch(/^A rollback is being run in this database/);
    expect((await running.query(ROOMS)).rows).toEqual([{ n: 507 }]);
    await running.end();
    await expectUntouched();
    expect(await tryToSwap(restore)).toMatchObject({ status: 'swapped' });
  });

  it('without a backup of the present state, with one that is too old or damaged, is refused', async () => {
    room = await createInPlaceRoom({ backup_max_age_minutes: 30 });
    const restore = await room.restored();
    const { db } = room.planned.control;
    const refused = async (like: RegExp) => {
      await expect(room.pressSwap(restore)).rejects.toMatchObject({
        code: 'gate_closed',
        message: expect.stringMatching(like),
      });
    };
    await refused(/No backup of the present state/);
    const ask = () =>
      takeSafetyBackup(
        room.onCall,
        { restore: restore.label },
        { requestBackup: requestTargetBackup },
      );
    await ask();
    await refused(/B-0002 is being taken/);
    await expect(ask()).rejects.toMatchObject({
      code: 'gate_closed',
    });
    await takeBackup(room.planned, 2);
    const { safety } = await getRestore(room.onCall, { restore: restore.label });
    expect(safety).toMatchObject({ backup: 'B-0002', problem: null });
    const [row] = await db.select().from(tables.backups).orderBy(desc(tables.backups.id)).limit(1);
    const at = (interval: string) =>
      db
        .update(tables.backups)
        .set({ snapshotAt: sql.raw(`clock_timestamp() - interval '${interval}'`) })
        .where(eq(tables.backups.id, row?.id ?? 0));
    await db.execute(sql`ALTER TABLE backstep.restores DISABLE TRIGGER restores_check_change`);
    await db
      .update(tables.restores)
      .set({ createdAt: sql`clock_timestamp() - interval '5 hours'` });
    await db.execute(sql`ALTER TABLE backstep.restores ENABLE TRIGGER restores_check_change`);
    await at('1 hour');
    await refused(/older than 30 min/);
    await at('6 hours');
    await db
      .update(tables.backups)
      .set({ snapshotAt: sql`clock_timestamp() - interval '7 hours'` })
      .where(eq(tables.backups.id, room.backupId));
    await refused(/No backup of the present state/);
    await at('1 minute');
    await db
      .update(tables.backups)
      .set({ manifestSha256: 'f'.repeat(64) })
      .where(eq(tables.backups.id, row?.id ?? 0));
    expect((await tryToSwap(restore)).message).toMatch(/B-0002.*can’t be relied on/);
    await expectUntouched();
  });

  it('of a copy that was changed since it was verified is refused', async () => {
    room = await createInPlaceRoom();
    const restore = await room.restored();
    await room.safety(restore.label);
    await room.sql('ALTER TABLE public_restore_b0001_er0001.rooms DROP COLUMN name');
    const row = await tryToSwap(restore);
    expect(row.status).toBe('approved');
    expect(row.message).toMatch(/have been changed since they were verified/);
    await expectUntouched();
  });
});

describe.skipIf(!pgDumpFound)('a restore in place', { timeout: 120_000 }, () => {
  it('that is cancelled in the middle of the rows leaves nothing, and nobody has seen it', async () => {
    room = await createInPlaceRoom();
    const { target } = room.planned;
    const proxy = await startWireProxy(target.url);
    const direct = target.url;
    target.url = proxy.url;
    const { id, label } = await room.create();
    await startRestore(room.onCall, { restore: label, confirm: target.name });
    const copying = proxy.hold({ statement: /^COPY/, when: 'before', nth: 2 });
    const restoring = performRestore(room.system, id, room.deps());
    const held = await copying;
    expect(await room.schemas()).toEqual(['drizzle', 'public']);
    await cancelRestore(room.onCall, { restore: label });
    await restoring;
    held.forward();
    target.url = direct;
    await proxy.close();
    expect(await room.row(id)).toMatchObject({ status: 'cancelled', schemas: null });
    expect(await room.schemas()).toEqual(['drizzle', 'public']);
    await expectUntouched();
  });

  it('whose rows the server refuses in the middle of a large table ends both programs', async () => {
    room = await createInPlaceRoom(
      {},
      `CREATE TABLE large (id int PRIMARY KEY, body text,
         CHECK (current_setting('app.strict', true) IS DISTINCT FROM 'on' OR id < 1000));
       INSERT INTO large SELECT n, repeat(md5(n::text), 20) FROM generate_series(1, 20000) n;`,
    );
    await room.server(`ALTER ROLE ${room.role} SET app.strict = 'on'`);
    const { id, label } = await room.create();
    await startRestore(room.onCall, { restore: label, confirm: room.planned.target.name });
    await performRestore(room.system, id, room.deps());
    const row = await room.row(id);
    expect(row).toMatchObject({ status: 'failed', schemas: null });
    expect(row.message).toMatch(/psql stopped: .*violates check constraint "large_id_check"/s);
    // Which rows there are is nobody's business who reads the history.
    expect(row.message).not.toMatch(/Failing row|COPY large/);
    expect(await room.schemas()).toEqual(['drizzle', 'public']);
    await expectUntouched();
  });

  it('is under no limit of the role, from its first statement to its last', async () => {
    const limits = { lock_timeout: '5555ms', idle_in_transaction_session_timeout: '55555ms' };
    const inForce = Object.entries(limits)
      .map(([name, value]) => `current_setting('${name}') = '${value}'`)
      .join(' OR ');
    room = await createInPlaceRoom(
      {},
      `CREATE FUNCTION limits() RETURNS event_trigger LANGUAGE plpgsql AS $$
       BEGIN IF ${inForce} THEN RAISE 'under a limit of the role'; END IF; END $$;
       CREATE EVENT TRIGGER limits ON ddl_command_end WHEN TAG IN ('ALTER SCHEMA')
         EXECUTE FUNCTION limits();`,
    );
    for (const [name, value] of Object.entries(limits))
      await room.server(`ALTER ROLE ${room.role} SET ${name} = '${value}'`);
    const { id, label } = await room.create();
    await startRestore(room.onCall, { restore: label, confirm: room.planned.target.name });
    await performRestore(room.system, id, room.deps());
    expect(await room.row(id)).toMatchObject({ status: 'approved', message: null });
  });

  it('that the server refuses says why, leaves nothing, and goes through when that is mended', async () => {
    const lost = `lost_${randomBytes(6).toString('hex')}`;
    room = await createInPlaceRoom(
      {},
      (role) =>
        `CREATE ROLE ${lost}; GRANT ${lost} TO ${role};
         CREATE FUNCTION theirs() RETURNS int LANGUAGE sql AS 'SELECT 1';
         GRANT EXECUTE ON FUNCTION theirs() TO ${lost};`,
    );
    await room.sql(`DROP OWNED BY ${lost}; DROP ROLE ${lost}`);
    const { id, label } = await room.create();
    const press = async () => {
      await startRestore(room.onCall, { restore: label, confirm: room.planned.target.name });
      await performRestore(room.system, id, room.deps());
      return room.row(id);
    };
    const failed = await press();
    expect(failed).toMatchObject({ status: 'failed', schemas: null });
    expect(failed.message).toMatch(
      new RegExp(`role "${lost}" does not exist.*Create that role`, 's'),
    );
    expect(await room.schemas()).toEqual(['drizzle', 'public']);
    await room.sql(`CREATE ROLE ${lost}`);
    expect(await press()).toMatchObject({ status: 'approved', message: null });
    await room.sql(`DROP OWNED BY ${lost}; DROP ROLE ${lost}`);
  });
});

describe.skipIf(!pgDumpFound)('what a restore in place has not made', { timeout: 180_000 }, () => {
  it('is never dropped, whatever its name is', async () => {
    room = await createInPlaceRoom();
    await room.sql(
      'CREATE SCHEMA public_restore_b0001_er0001; CREATE TABLE public_restore_b0001_er0001.mine (id int)',
    );
    const { id, label } = await room.create();
    await startRestore(room.onCall, { restore: label, confirm: room.planned.target.name });
    await performRestore(room.system, id, room.deps());
    const failed = await room.row(id);
    expect(failed.status).toBe('failed');
    expect(failed.message).toMatch(/already has a schema called public_restore_b0001_er0001/);
    await cancelRestore(room.onCall, { restore: label });
    await performDropOfNew(room.system, id, room);
    expect(await room.schemas()).toContain('public_restore_b0001_er0001');
    expect((await room.row(id)).newDroppedAt).not.toBeNull();
  });

  it('stays when a restore is cancelled: only what its marker names goes', async () => {
    room = await createInPlaceRoom();
    const { id, label } = await room.restored();
    await room.sql(`
      ALTER SCHEMA public_restore_b0001_er0001 RENAME TO rescued;
      CREATE SCHEMA public_restore_b0001_er0001`);
    await cancelRestore(room.onCall, { restore: label });
    await performDropOfNew(room.system, id, room);
    expect(await room.row(id)).toMatchObject({ status: 'cancelled', message: null });
    expect(await room.schemas()).toEqual([
      'drizzle',
      'public',
      'public_restore_b0001_er0001',
      'rescued',
    ]);
  });

  it('is what nothing says it has made: without its marker it drops nothing, and says so', async () => {
    room = await createInPlaceRoom();
    const { id, label } = await room.restored();
    await room.sql('DROP SCHEMA backstep_restore_b0001_er0001');
    await cancelRestore(room.onCall, { restore: label });
    await performDropOfNew(room.system, id, room);
    const row = await room.row(id);
    expect(row.message).toMatch(/public_restore_b0001_er0001 were left alone/);
    expect(row.newDroppedAt).toBeNull();
    expect(await room.schemas()).toContain('public_restore_b0001_er0001');
  });

  it('keeps the former schemas from being dropped with it', async () => {
    room = await createInPlaceRoom();
    const restore = await room.swappedIn();
    await room.sql(
      'CREATE SCHEMA reports; CREATE VIEW reports.old_rooms AS SELECT * FROM public_before_er0001.rooms',
    );
    await room.planned.control.db
      .update(tables.restores)
      .set({ keepUntil: '2026-01-01T00:00:00Z' });
    const press = async () => {
      await dropFormer(room.onCall, { restore: restore.label, confirm: 'before_er0001' });
      await performDropOfFormer(room.system, restore.id, room);
      return room.row(restore.id);
    };
    await expect(
      dropFormer(room.onCall, { restore: restore.label, confirm: 'something' }),
    ).rejects.toMatchObject({ code: 'invalid_input' });
    const refused = await press();
    expect(refused.formerDroppedAt).toBeNull();
    expect(refused.formerDropError).toMatch(/would take along.*view reports\.old_rooms/);
    expect(await room.sql('SELECT count(*)::int AS n FROM reports.old_rooms')).toEqual([
      { n: 507 },
    ]);
    await room.sql('DROP VIEW reports.old_rooms');
    expect((await press()).formerDroppedAt).not.toBeNull();
    expect(await room.schemas()).toEqual(['drizzle', 'public', 'reports']);
    expect(await room.sql(ROOMS)).toEqual([{ n: 500 }]);
  });
});

describe.skipIf(!pgDumpFound)('in place can’t be offered', { timeout: 120_000 }, () => {
  const why = async () =>
    (await readRestoreChoice(room.onCall, { target: room.planned.target.name })).inPlace?.why;

  it('where the role does not own a schema or a table, or may not create schemas', async () => {
    room = await createInPlaceRoom({}, '', { ownsDatabase: false });
    expect(await why()).toBeNull();
    await room.sql('CREATE TABLE theirs (id int)');
    expect(await why()).toMatch(/public\.theirs belongs to a role/);
    await room.sql('DROP TABLE theirs; ALTER SCHEMA public OWNER TO backstep');
    expect(await why()).toMatch(
      /schema public belongs to backstep.*ALTER SCHEMA "public" OWNER TO/,
    );
    await room.server(`REVOKE CREATE ON DATABASE ${room.planned.live.name} FROM ${room.role}`);
    expect(await why()).toMatch(/may not create schemas.*GRANT CREATE ON DATABASE/);
    await expect(room.create()).rejects.toMatchObject({ code: 'refused' });
  });
});
