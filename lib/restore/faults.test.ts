import { randomBytes } from 'node:crypto';
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { eq, sql } from 'drizzle-orm';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { pgDumpFound } from '@/lib/backup/backup.test-setup';
import { type BackupManifest, tables } from '@/lib/control';
import { adminUrl } from '@/lib/testing/database';
import type { PlannedRollback } from '@/lib/testing/planned-rollback';
import {
  cancelRestore,
  createRestore,
  decideRestore,
  performDropOfNew,
  performRestore,
  readRestoreChoice,
  requestRestoreApproval,
  startRestore,
} from '.';
import { createRestoreRoom, type RestoreRoom } from './restore-room.fixture';

let room: RestoreRoom;
afterEach(() => room?.close());

const ROOMS = 'SELECT count(*)::int AS n FROM rooms';

const leftDatabases = async () =>
  (
    await room.server<{ datname: string }>(
      'SELECT datname FROM pg_database WHERE datname LIKE $1 ORDER BY 1',
      [`${room.planned.live.name}\\_%`],
    )
  ).map(({ datname }) => datname);

async function changeManifest(change: (manifest: BackupManifest) => BackupManifest) {
  const { db } = room.planned.control;
  const [row] = await db.select().from(tables.backups).where(eq(tables.backups.id, room.backupId));
  if (!row?.manifest) throw new Error('there is no manifest');
  await db
    .update(tables.backups)
    .set({ manifest: change(row.manifest) })
    .where(eq(tables.backups.id, room.backupId));
}

async function backupFile(like: RegExp): Promise<string> {
  const [row] = await room.planned.control.db
    .select()
    .from(tables.backups)
    .where(eq(tables.backups.id, room.backupId));
  const folder = row?.location ?? '';
  const name = (await readdir(folder)).find((file) => like.test(file));
  return path.join(folder, name ?? '');
}

async function tryToRestore() {
  const { id, label } = await room.create();
  await startRestore(room.onCall, { restore: label, confirm: room.planned.target.name });
  await performRestore(room.system, id, room.deps());
  return room.row(id);
}

describe.skipIf(!pgDumpFound)('a backup that is not what it was', { timeout: 120_000 }, () => {
  it('truncated or with one bit flipped is not restored, and nothing is left of the attempt', async () => {
    room = await createRestoreRoom();
    const file = await backupFile(/\.dat\.gz$/);
    const bytes = await readFile(file);
    await truncate(file, bytes.length - 7);
    const cut = await tryToRestore();
    expect(cut).toMatchObject({ status: 'failed', newOid: null });
    expect(cut.message).toMatch(/checksum/);
    expect(await leftDatabases()).toEqual([]);
    const flipped = Buffer.from(bytes);
    flipped[9] = (flipped[9] ?? 0) ^ 1;
    await writeFile(file, flipped);
    await startRestore(room.onCall, { restore: 'ER-0001', confirm: room.planned.target.name });
    await performRestore(room.system, cut.id, room.deps());
    expect((await room.row(cut.id)).message).toMatch(/checksum/);
    await writeFile(file, bytes);
    await startRestore(room.onCall, { restore: 'ER-0001', confirm: room.planned.target.name });
    await performRestore(room.system, cut.id, room.deps());
    expect(await room.row(cut.id)).toMatchObject({ status: 'restored', message: null });
  });

  it('of another database, or newer than the server, can’t be chosen, and the choice says so', async () => {
    room = await createRestoreRoom();
    await changeManifest((manifest) => ({
      ...manifest,
      database: { ...manifest.database, name: 'another' },
    }));
    await expect(room.create()).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/is of the database another/),
    });
    await changeManifest((manifest) => ({
      ...manifest,
      database: {
        ...manifest.database,
        name: room.planned.live.name,
        serverVersionNum: 990_001,
      },
    }));
    await expect(room.create()).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/dumped from PostgreSQL 99/),
    });
    const choice = await readRestoreChoice(room.onCall, { target: room.planned.target.name });
    expect(choice.options[0]?.problem).toMatch(/PostgreSQL 99/);
    expect(choice.present).toMatchObject({ headTag: '0002_invites' });
  });

  it('whose rows are not as many as the manifest says fails, and is dropped', async () => {
    room = await createRestoreRoom();
    await changeManifest((manifest) => ({
      ...manifest,
      rows: manifest.rows?.map((line) =>
        line.table === 'public.rooms' ? { ...line, rows: 501 } : line,
      ),
    }));
    expect(await tryToRestore()).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(/rooms has 500 rows in the copy and 501 in the manifest/),
    });
    expect(await leftDatabases()).toEqual([]);
  });
});

describe.skipIf(!pgDumpFound)('people', { timeout: 120_000 }, () => {
  it('two at once: one restore of a target is open', async () => {
    room = await createRestoreRoom();
    const admin = room.planned.as(room.planned.people.admin);
    const input = { target: room.planned.target.name, backup: room.backup, reason: 'Gone bad' };
    const both = await Promise.allSettled([room.create(), createRestore(admin, input)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'conflict', message: expect.stringMatching(/ER-000\d of chat-test is open/) },
    });
  });

  it('of the wrong role may not, and nobody approves what they have asked for', async () => {
    room = await createRestoreRoom();
    const { people, target } = room.planned;
    const input = { target: target.name, backup: room.backup, reason: 'Gone bad' };
    for (const person of [people.reviewer, people.auditor])
      await expect(createRestore(room.planned.as(person), input)).rejects.toMatchObject({
        code: 'forbidden',
      });
    const admin = room.planned.as(people.admin);
    const { id, label } = await createRestore(admin, input);
    await expect(
      startRestore(admin, { restore: label, confirm: 'something else' }),
    ).rejects.toMatchObject({ code: 'invalid_input' });
    await startRestore(admin, { restore: label, confirm: target.name });
    await performRestore(room.system, id, room.deps());
    const digest = (await room.row(id)).digest ?? '';
    await requestRestoreApproval(admin, { restore: label, digest });
    const yes = { restore: label, digest, decision: 'approved' as const, comment: '' };
    await expect(decideRestore(admin, yes)).rejects.toMatchObject({ code: 'gate_closed' });
    await expect(decideRestore(room.onCall, yes)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(decideRestore(room.reviewer, { ...yes, digest: 'x' })).rejects.toMatchObject({
      code: 'conflict',
    });
    await decideRestore(room.reviewer, { ...yes, decision: 'rejected', comment: 'Too old' });
    expect(await leftDatabases()).toHaveLength(1);
    await performDropOfNew(room.system, id, room);
    expect(await leftDatabases()).toEqual([]);
  });

  it('cancel while it is restored: it ends, and nothing is left', async () => {
    room = await createRestoreRoom();
    const { id, label } = await room.create();
    await startRestore(room.onCall, { restore: label, confirm: room.planned.target.name });
    const openBackup = room.deps().openBackup;
    await performRestore(
      room.system,
      id,
      room.deps({
        openBackup: async (ctx, backup, signal) => {
          await cancelRestore(room.onCall, { restore: label });
          const opened = await openBackup(ctx, backup, signal);
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          return opened;
        },
      }),
    );
    expect(await room.row(id)).toMatchObject({ status: 'cancelled', newOid: null });
    expect(await leftDatabases()).toEqual([]);
  });
});

/** A role that owns the target's database and all in it, and no more. */
async function ordinaryOwner(planned: PlannedRollback, options: string): Promise<string> {
  const role = `owner_${randomBytes(6).toString('hex')}`;
  const client = await planned.live.connect();
  await client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret-word' ${options}`);
  await client.query(`ALTER DATABASE ${planned.live.name} OWNER TO ${role}`);
  const { rows } = await client.query<{ sql: string }>(`
    SELECT format('ALTER TABLE %I.%I OWNER TO ${role}', n.nspname, c.relname) AS sql
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND n.nspname IN ('public', 'drizzle')`);
  for (const row of rows) await client.query(row.sql);
  await client.query(`ALTER SCHEMA drizzle OWNER TO ${role}`);
  await client.end();
  const url = new URL(planned.target.url);
  url.username = role;
  url.password = 'secret-word';
  planned.target.url = url.href;
  return role;
}

describe.skipIf(!pgDumpFound)('a role', { timeout: 120_000 }, () => {
  let role: string;
  afterEach(async () => {
    await room.close();
    const client = new pg.Client({ connectionString: adminUrl() });
    await client.connect();
    await client.query(`DROP ROLE IF EXISTS ${role}`);
    await client.end();
  });

  it('without CREATEDB is told what to grant, and how to do it by hand', async () => {
    room = await createRestoreRoom({ approvals: 0 }, async (planned) => {
      role = await ordinaryOwner(planned, '');
    });
    const row = await tryToRestore();
    expect(row).toMatchObject({ status: 'failed' });
    expect(row.message).toMatch(/may not create a database.*CREATEDB/s);
    expect(row.message).not.toMatch(/secret-word/);
    const choice = await readRestoreChoice(room.onCall, { target: room.planned.target.name });
    expect(choice.rights).toEqual({ create: false, rename: true });
    expect(choice.instructions[0]?.command).toBe(`ALTER ROLE "${role}" CREATEDB;`);
  });

  it('that owns the database restores and swaps, and can’t end a superuser’s session', async () => {
    room = await createRestoreRoom({ approvals: 0 }, async (planned) => {
      role = await ordinaryOwner(planned, 'CREATEDB');
    });
    const restore = await room.restored();
    const superuser = await room.planned.live.connect();
    await room.pressSwap(restore);
    await room.perform(restore.id);
    const refused = await room.row(restore.id);
    expect(refused.status).toBe('approved');
    expect(refused.message).toMatch(/may not end these sessions: .*pg_signal_backend/s);
    // The doors are open again, and the session lives.
    expect((await superuser.query(ROOMS)).rows).toEqual([{ n: 507 }]);
    await superuser.end();
    await room.pressSwap(restore);
    await room.perform(restore.id);
    expect(await room.row(restore.id)).toMatchObject({ status: 'swapped' });
    expect(await room.sql(ROOMS)).toEqual([{ n: 500 }]);
  });

  it('that does not own the database any more changes nothing', async () => {
    room = await createRestoreRoom({ approvals: 0 }, async (planned) => {
      role = await ordinaryOwner(planned, 'CREATEDB');
    });
    const restore = await room.restored();
    await room.server(`ALTER DATABASE ${room.planned.live.name} OWNER TO backstep`);
    await room.pressSwap(restore);
    await room.perform(restore.id);
    const row = await room.row(restore.id);
    expect(row.status).toBe('approved');
    expect(row.message).toMatch(/does not own the database/);
    expect((await room.acts(restore.id)).filter(({ what }) => what === 'swap')).toEqual([]);
  });
});

describe.skipIf(!pgDumpFound)('a rollback and a swap', { timeout: 120_000 }, () => {
  it('of one target exclude each other, also where a verb forgets to ask', async () => {
    room = await createRestoreRoom({ approvals: 0 });
    const restore = await room.restored();
    const { db } = room.planned.control;
    await room.pressSwap(restore);
    await db.execute(sql`UPDATE backstep.rollbacks SET status = 'approved'`);
    const [message] = await Promise.all([
      db
        .execute(sql`UPDATE backstep.rollbacks SET status = 'running'`)
        .catch((cause: Error) => (cause.cause as Error).message),
    ]);
    expect(message).toMatch(/do not change it at the same time/);
    await room.perform(restore.id);
  });
});
