import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { pgDumpFound } from '@/lib/backup/backup.test-setup';
import { tables } from '@/lib/control';
import {
  createRestore,
  decideRestore,
  dropFormer,
  getRestore,
  performDropOfFormer,
  performRestore,
  readRestoreChoice,
  requestRestoreApproval,
  startRestore,
} from '..';
import { createInPlaceRoom, type InPlaceRoom } from './in-place-room.fixture';
import { moveSql } from './schema-moves';

let room: InPlaceRoom;
afterEach(() => room?.close());

const ROOMS = 'SELECT count(*)::int AS n FROM rooms';
const TAGS = 'SELECT count(*)::int AS n FROM drizzle.__drizzle_migrations';

async function lapseKeeping(id: number): Promise<void> {
  await room.planned.control.db
    .update(tables.restores)
    .set({ keepUntil: '2026-01-01T00:00:00Z' })
    .where(eq(tables.restores.id, id));
}

/** Boots the image whose newest migration is the backup's. */
async function bootMatching(): Promise<void> {
  const { migrations } = room.planned.target;
  const folder = `${migrations}-matching`;
  await cp(migrations, folder, { recursive: true });
  const file = path.join(folder, 'meta', '_journal.json');
  const journal = JSON.parse(await readFile(file, 'utf8'));
  journal.entries.pop();
  await writeFile(file, JSON.stringify(journal));
  const client = await room.planned.live.connect();
  try {
    await migrate(drizzle(client), { migrationsFolder: folder });
  } finally {
    await client.end();
  }
}

describe.skipIf(!pgDumpFound)('a restore in place', { timeout: 180_000 }, () => {
  it('goes the whole way: restored, approved, swapped in, booted, swapped back, dropped', async () => {
    room = await createInPlaceRoom({ approvals: 1 });
    const choice = await readRestoreChoice(room.onCall, { target: room.planned.target.name });
    expect(choice.rights).toEqual({ create: false, rename: true });
    expect(choice.inPlace).toMatchObject({
      possible: true,
      why: null,
      schemas: ['drizzle', 'public'],
      extensions: [],
    });
    const restore = await room.restored();
    const restored = await room.row(restore.id);
    expect(restored.evidence?.check).toMatchObject({ ok: true, mismatches: [], invalid: [] });
    expect(restored.evidence?.headTag).toBe('0001_topic');
    expect(restored.evidence?.fence).toEqual({ kind: 'trigger', why: null });
    expect(restored.evidence?.loss.migrations).toEqual(['0002_invites']);
    expect(restored.schemas?.map(({ name, restored, former }) => [name, restored, former])).toEqual(
      [
        ['drizzle', 'drizzle_restore_b0001_er0001', 'drizzle_before_er0001'],
        ['public', 'public_restore_b0001_er0001', 'public_before_er0001'],
      ],
    );
    // Nothing is seen of it under the true names.
    expect(await room.sql(ROOMS)).toEqual([{ n: 507 }]);
    expect(
      await room.sql('SELECT count(*)::int AS n FROM public_restore_b0001_er0001.rooms'),
    ).toEqual([{ n: 500 }]);
    const { digest } = restore;
    await requestRestoreApproval(room.onCall, { restore: restore.label, digest });
    const yes = { restore: restore.label, digest, decision: 'approved' as const, comment: '' };
    await decideRestore(room.reviewer, yes);
    // Without a backup of the present state the gate is closed.
    await expect(room.pressSwap(restore)).rejects.toMatchObject({
      code: 'gate_closed',
      message: expect.stringMatching(/No backup of the present state/),
    });
    const safety = await room.safety(restore.label);
    const present = await getRestore(room.onCall, { restore: restore.label });
    expect(present.safety).toMatchObject({ backup: 'B-0002', taking: false, problem: null });
    expect(present).toMatchObject({ way: 'in_place', databases: { restored: null, former: null } });

    await room.pressSwap(restore);
    await room.perform(restore.id);
    expect(await room.row(restore.id)).toMatchObject({
      status: 'swapped',
      message: null,
      safetyBackupId: safety,
    });
    expect(await room.sql(ROOMS)).toEqual([{ n: 500 }]);
    expect(await room.sql(TAGS)).toEqual([{ n: 2 }]);
    expect(await room.schemas()).toEqual([
      'drizzle',
      'drizzle_before_er0001',
      'public',
      'public_before_er0001',
    ]);
    await expect(room.boot()).rejects.toThrow();
    await bootMatching();
    const audit = (await room.audit(restore.label)).find(({ action }) => action === 'restore.swap');
    expect(audit?.payload).toMatchObject({
      way: 'in_place',
      schemas: ['drizzle', 'public'],
      safetyBackup: 'B-0002',
    });

    await room.sql("INSERT INTO rooms (name) VALUES ('meanwhile')");
    await room.pressSwapBack(restore);
    await room.perform(restore.id);
    expect(await room.row(restore.id)).toMatchObject({ status: 'swapped_back', message: null });
    expect(await room.sql(ROOMS)).toEqual([{ n: 507 }]);
    await room.sql("INSERT INTO rooms (name) VALUES ('after')");
    // What was restored is kept, with what was written to it.
    expect(
      await room.sql('SELECT count(*)::int AS n FROM public_restore_b0001_er0001.rooms'),
    ).toEqual([{ n: 501 }]);
    await lapseKeeping(restore.id);
    const kept = (await getRestore(room.onCall, { restore: restore.label })).gates;
    expect(kept.actions.drop_former).toEqual({ allowed: true });
    await dropFormer(room.onCall, { restore: restore.label, confirm: 'restore_b0001_er0001' });
    await performDropOfFormer(room.system, restore.id, room);
    expect(await room.row(restore.id)).toMatchObject({ formerDropError: null });
    expect((await room.row(restore.id)).formerDroppedAt).not.toBeNull();
    expect(await room.schemas()).toEqual(['drizzle', 'public']);
    expect(await room.sql(ROOMS)).toEqual([{ n: 508 }]);
  });

  it('is refused where beside is possible, and for a backup that was never restored to test it', async () => {
    room = await createInPlaceRoom({}, '', { tested: false });
    await expect(room.create()).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/has not been restored to test it/),
    });
    const choice = await readRestoreChoice(room.onCall, { target: room.planned.target.name });
    expect(choice.options[0]).toMatchObject({ problem: null });
    expect(choice.options[0]?.inPlaceProblem).toMatch(/has not been restored/);
    await room.server(`ALTER ROLE ${room.role} CREATEDB`);
    await expect(room.create()).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/may create a database beside/),
    });
  });

  it('lets a client with an open connection read and write while it restores, and then shows it the restored rows', async () => {
    room = await createInPlaceRoom();
    const client = new pg.Client({ connectionString: room.planned.target.url });
    client.on('error', () => undefined);
    await client.connect();
    const query = { name: 'rooms', text: ROOMS };
    expect((await client.query(query)).rows).toEqual([{ n: 507 }]);
    const { label, id } = await room.create();
    await startRestore(room.onCall, { restore: label, confirm: room.planned.target.name });
    let during = 0;
    let over = false;
    const writing = (async () => {
      while (!over) {
        await client.query("INSERT INTO rooms (name) VALUES ('during')");
        await client.query('CREATE TABLE IF NOT EXISTS during (id int)');
        await client.query('DROP TABLE during');
        during += 1;
      }
    })();
    await performRestore(room.system, id, room.deps());
    over = true;
    await writing;
    const row = await room.row(id);
    expect(row).toMatchObject({ status: 'approved', message: null });
    expect(during).toBeGreaterThan(3);
    expect((await client.query(query)).rows).toEqual([{ n: 507 + during }]);
    await room.safety(label);
    await client.query('BEGIN');
    await client.query(query);
    await room.pressSwap({ label, digest: row.digest ?? '' });
    await room.perform(id);
    expect(await room.row(id)).toMatchObject({ status: 'swapped' });
    // It was in a transaction, and was ended; who comes again sees what was restored.
    await expect(client.query(query)).rejects.toThrow();
    const again = await room.planned.live.connect();
    expect((await again.query(query)).rows).toEqual([{ n: 500 }]);
    // A statement that was prepared before the names move means the table that has the name.
    await room.pressSwapBack({ label });
    await again.end();
    await room.perform(id);
    expect(await room.sql(ROOMS)).toEqual([{ n: 507 + during }]);
  });

  it('a statement prepared before the names move finds the table that has the name then', async () => {
    room = await createInPlaceRoom();
    const { id, label, digest } = await room.restored();
    await room.safety(label);
    const { schemas } = await room.row(id);
    const client = await room.planned.live.connect();
    const other = await room.planned.live.connect();
    const query = { name: 'rooms', text: ROOMS };
    for (let time = 0; time < 7; time += 1)
      expect((await client.query(query)).rows).toEqual([{ n: 507 }]);
    for (const sql of moveSql(schemas ?? [], 'swap', [])) await other.query(sql);
    expect((await client.query(query)).rows).toEqual([{ n: 500 }]);
    for (const sql of moveSql(schemas ?? [], 'swap_back', [])) await other.query(sql);
    expect((await client.query(query)).rows).toEqual([{ n: 507 }]);
    await client.end();
    await other.end();
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it('keeps rights, default rights, sequences, materialized views, owners and odd names', async () => {
    const long = 'x'.repeat(62);
    room = await createInPlaceRoom(
      {},
      (role) => `
        CREATE SCHEMA "My App";
        CREATE SCHEMA ${long}1;
        CREATE SCHEMA ${long}2;
        CREATE TABLE ${long}1.one (id int); INSERT INTO ${long}1.one VALUES (1);
        CREATE TABLE ${long}2.two (id int); INSERT INTO ${long}2.two VALUES (2), (3);
        CREATE TYPE "My App"."Mood" AS ENUM ('good', 'bad');
        CREATE TABLE "My App"."Orders" ("Id" serial PRIMARY KEY, mood "My App"."Mood" DEFAULT 'good', room int REFERENCES rooms);
        INSERT INTO "My App"."Orders" (room) SELECT n FROM generate_series(1, 40) n;
        CREATE MATERIALIZED VIEW "My App".counts AS SELECT count(*) AS n FROM "My App"."Orders";
        CREATE FUNCTION "My App".total() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM "My App"."Orders"';
        GRANT USAGE ON SCHEMA "My App" TO PUBLIC;
        GRANT CREATE ON SCHEMA public TO ${role};
        COMMENT ON SCHEMA public IS 'of the application';
        GRANT SELECT ON "My App"."Orders" TO PUBLIC;
        ALTER DEFAULT PRIVILEGES FOR ROLE ${role} IN SCHEMA "My App" GRANT SELECT ON TABLES TO PUBLIC;
        ALTER DEFAULT PRIVILEGES FOR ROLE ${role} GRANT SELECT ON TABLES TO PUBLIC;
        ALTER DEFAULT PRIVILEGES FOR ROLE ${role} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;`,
    );
    const rights = () =>
      room.sql<{ name: string; acl: string }>(
        `SELECT n.nspname || '.' || c.relname AS name, c.relacl::text AS acl, c.relowner::regrole::text AS owner
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname IN ('public', 'My App') AND c.relkind IN ('r', 'm', 'S') AND c.relname <> 'invites' ORDER BY 1`,
      );
    const schemas = () =>
      room.sql(
        `SELECT nspname, nspacl::text, nspowner::regrole::text AS owner, obj_description(oid, 'pg_namespace') AS said
           FROM pg_namespace WHERE nspname IN ('public', 'My App', 'drizzle') ORDER BY 1`,
      );
    const defaults = () =>
      room.sql(
        `SELECT coalesce(n.nspname, '') AS schema, a.defaclobjtype, a.defaclacl::text AS acl
           FROM pg_default_acl a LEFT JOIN pg_namespace n ON n.oid = a.defaclnamespace
          WHERE n.nspname IS NULL OR n.nspname = 'My App' ORDER BY 1, 2`,
      );
    const functions = () =>
      room.sql(`SELECT proacl::text AS acl FROM pg_proc WHERE proname = 'total'
                 AND pronamespace = '"My App"'::regnamespace`);
    const asked = () => Promise.all([rights(), schemas(), defaults(), functions()]);
    const before = await asked();
    const restore = await room.swappedIn();
    expect(await asked()).toEqual(before);
    expect(await room.sql('SELECT n::int FROM "My App".counts')).toEqual([{ n: 40 }]);
    expect(await room.sql(`SELECT count(*)::int AS n FROM ${long}2.two`)).toEqual([{ n: 2 }]);
    expect(
      await room.sql('INSERT INTO "My App"."Orders" (room) VALUES (1) RETURNING "Id", mood'),
    ).toEqual([{ Id: 41, mood: 'good' }]);
    const { schemas: moved } = await room.row(restore.id);
    const names = (moved ?? []).flatMap(({ restored, former }) => [restored, former]);
    expect(new Set(names).size).toBe(names.length);
    expect(names.every((name) => Buffer.byteLength(name) <= 63)).toBe(true);
    await room.pressSwapBack(restore);
    await room.perform(restore.id);
    expect(await asked()).toEqual(before);
    expect(await room.sql('SELECT count(*)::int AS n FROM "My App"."Orders"')).toEqual([{ n: 40 }]);
  });

  it('sets aside a schema that only the present has, and brings one that only the backup has', async () => {
    room = await createInPlaceRoom(
      {},
      'CREATE SCHEMA old; CREATE TABLE old.things (id int); INSERT INTO old.things VALUES (1);',
      { ownsDatabase: false },
    );
    await room.sql(
      'DROP SCHEMA old CASCADE; CREATE SCHEMA fresh; CREATE TABLE fresh.things (id int)',
    );
    await room.own();
    const restore = await room.swappedIn();
    expect(await room.sql('SELECT id FROM old.things')).toEqual([{ id: 1 }]);
    expect(await room.schemas()).toEqual([
      'drizzle',
      'drizzle_before_er0001',
      'fresh_before_er0001',
      'old',
      'public',
      'public_before_er0001',
    ]);
    await room.pressSwapBack(restore);
    await room.perform(restore.id);
    expect(await room.row(restore.id)).toMatchObject({ status: 'swapped_back' });
    expect(await room.schemas()).toEqual([
      'drizzle',
      'drizzle_restore_b0001_er0001',
      'fresh',
      'old_restore_b0001_er0001',
      'public',
      'public_restore_b0001_er0001',
    ]);
  });

  it('restores a backup that was taken while other schemas were set aside, without those', async () => {
    room = await createInPlaceRoom();
    const first = await room.restored();
    // It has the copy of the first restore in it.
    const safety = await room.safety(first.label);
    await room.passTest(safety);
    await room.pressSwap(first);
    await room.perform(first.id);
    const { label, id } = await createRestore(room.onCall, {
      target: room.planned.target.name,
      backup: 'B-0002',
      reason: 'It was the wrong one',
      way: 'in_place',
    });
    await startRestore(room.onCall, { restore: label, confirm: room.planned.target.name });
    await performRestore(room.system, id, room.deps());
    const row = await room.row(id);
    expect(row).toMatchObject({ status: 'approved', message: null });
    // Nothing that was set aside counts as lost, or as restored.
    expect(row.evidence?.loss.tables.map(({ table }) => table).join()).not.toMatch(/_er0001/);
    expect(row.schemas?.map(({ name }) => name)).toEqual(['drizzle', 'public']);
    await room.safety(label);
    await room.pressSwap({ label, digest: row.digest ?? '' });
    await room.perform(id);
    expect(await room.row(id)).toMatchObject({ status: 'swapped', message: null });
    expect(await room.sql(ROOMS)).toEqual([{ n: 507 }]);
    const back = await getRestore(room.onCall, { restore: first.label });
    expect(back.gates.actions.swap_back).toMatchObject({ allowed: false });
  });

  it('takes a relocatable extension along, and refuses one that can’t be moved', async () => {
    room = await createInPlaceRoom(
      {},
      `CREATE EXTENSION citext;
       ALTER TABLE rooms ADD COLUMN slug citext;
       CREATE INDEX rooms_slug ON rooms (slug);
       UPDATE rooms SET slug = upper(name);`,
    );
    const choice = await readRestoreChoice(room.onCall, { target: room.planned.target.name });
    expect(choice.inPlace).toMatchObject({ possible: true, extensions: ['citext'] });
    const where = () =>
      room.sql(
        "SELECT extnamespace::regnamespace::text AS schema FROM pg_extension WHERE extname = 'citext'",
      );
    const restore = await room.swappedIn();
    const bySlug = () => room.sql("SELECT count(*)::int AS n FROM rooms WHERE slug = 'room 7'");
    expect(await bySlug()).toEqual([{ n: 1 }]);
    expect(await where()).toEqual([{ schema: 'public' }]);
    await room.pressSwapBack(restore);
    await room.perform(restore.id);
    expect(await where()).toEqual([{ schema: 'public' }]);
    expect(await bySlug()).toEqual([{ n: 1 }]);
    // One of the administrator's, and one with a view.
    await room.sql('CREATE EXTENSION pg_trgm; CREATE EXTENSION pg_buffercache');
    const refused = await readRestoreChoice(room.onCall, { target: room.planned.target.name });
    expect(refused.inPlace?.possible).toBe(false);
    expect(refused.inPlace?.why).toMatch(/pg_trgm is in the schema public and can’t be moved/);
    expect(refused.inPlace?.why).toMatch(/pg_buffercache is in the schema public/);
  });
});
