import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { vi } from 'vitest';
import { createReadyRoom, type ReadyRollback } from '@/lib/approval/ready-rollback.fixture';
import { hashPassword } from '@/lib/auth/password';
import { tables } from '@/lib/control';
import { pastGuards } from '@/lib/control/testing/fixture';
import { ROLES, type Role } from '@/lib/core/actor';
import { ROLLBACK_STATUSES, type RollbackStatus } from '@/lib/core/rollback';
import { addPerson, type Person } from '@/lib/migrations/sample-control.fixture';
import { controlPool } from './runtime';

export const ORIGIN = 'https://backstep.example.com';

/** Whoever has no session that counts, each in a way of their own. */
export const NOBODIES = ['anonymous', 'disabled', 'revoked', 'idle', 'too_old', 'made_up'] as const;
export type Nobody = (typeof NOBODIES)[number];

/** A control database with a rollback in each status, and sessions to ask the real handlers with. */
export interface DenialRoom {
  /** Session of a caller; undefined for one who has none. */
  sessions: Record<Role | Nobody, string | undefined>;
  people: Awaited<ReturnType<typeof createReadyRoom>>['people'];
  /** Somebody whose account may be changed. */
  bystander: Person;
  /** One for each status, with everything that the status may bring: run, fence, rescue copy. */
  rollbacks: Record<RollbackStatus, ReadyRollback>;
  another(status: RollbackStatus): Promise<ReadyRollback>;
  /** One hash for all rows of all tables but the history and the attempts to sign in. */
  state(): Promise<string>;
  /** Number of the newest row of the history. */
  historyAt(): Promise<number>;
  historyAfter(seq: number): Promise<Record<string, unknown>[]>;
  dispose(): Promise<void>;
}

/** Columns that are written whenever somebody looks; it is nobody's act. */
const KEPT_BESIDES: Record<string, string> = {
  // How a plan compares with today.
  'backstep.rollbacks': 'plan_check',
  // Of whoever asks, once a minute.
  'backstep.sessions': 'last_seen_at',
};

/** Told by other tests or by the caller's own way in. */
const LEFT_OUT = ['backstep.audit_log', 'backstep.sign_in_attempts', 'backstep.settings'];
const TARGETS = 200;

export async function createDenialRoom(): Promise<DenialRoom> {
  const room = await createReadyRoom();
  const { pool } = room.control;
  const folder = await mkdtemp(path.join(tmpdir(), 'backstep-denial-'));
  const config = path.join(folder, 'backstep.config.yaml');
  // Nobody listens there: what gets as far as the target says so at once.
  const targets = Array.from(
    { length: TARGETS },
    (_, index) =>
      `  - { name: target-${index + 1}, environment: staging, url: "postgres://nobody@127.0.0.1:1/none", migrations: m, rollbacks: r }\n`,
  );
  await writeFile(config, `targets:\n${targets.join('')}`);
  vi.stubEnv('BACKSTEP_CONFIG', config);
  vi.stubEnv('BACKSTEP_URL', ORIGIN);
  vi.stubEnv('NEXTAUTH_URL', ORIGIN);
  vi.stubEnv('NEXTAUTH_SECRET', 'a secret of at least 32 characters');
  vi.stubEnv('CONTROL_DATABASE_URL', room.control.url);
  vi.stubEnv('LOG_LEVEL', 'silent');

  const another = async (status: RollbackStatus): Promise<ReadyRollback> => {
    const rollback = await room.rollback({ status });
    const begun = ['running', 'unknown', 'stopped', 'succeeded', 'cancelled'].includes(status);
    if (begun) await addRun(rollback, ['running', 'unknown'].includes(status));
    return rollback;
  };
  const addRun = (rollback: ReadyRollback, open: boolean) =>
    pastGuards(room.control, async (db) => {
      const { id, target } = rollback;
      await db.insert(tables.runs).values({
        rollbackId: id,
        number: 1,
        epoch: 1,
        requestedBy: room.people.on_call.id,
        state: open ? 'running' : 'finished',
        finishedAt: open ? null : new Date().toISOString(),
      });
      await db
        .insert(tables.fences)
        .values({ target: target.name, rollbackId: id, headTag: '0034_add_rooms' });
      await db.insert(tables.rescues).values({
        rollbackId: id,
        target: target.name,
        position: 0,
        statementIndex: 0,
        kind: 'table',
        subject: 'table public.rooms',
        copy: 'backstep_rescue.rooms',
        rows: 1,
        bytes: 1,
        mergeSql: 'SELECT 1;',
      });
    });

  const passwordHash = await hashPassword(randomUUID());
  await pool.query('UPDATE backstep.users SET password_hash = $1', [passwordHash]);
  const rollbacks: Partial<DenialRoom['rollbacks']> = {};
  for (const status of ROLLBACK_STATUSES) rollbacks[status] = await another(status);
  const sessions = await openSessions();

  async function openSessions(): Promise<DenialRoom['sessions']> {
    const open = async (change = '') => {
      const person = await addPerson(room.control, 'admin');
      return session(person.id, change);
    };
    const session = async (person: string, change: string) => {
      const [row] = await room.control.db
        .insert(tables.sessions)
        .values({ userId: person })
        .returning({ id: tables.sessions.id });
      if (!row) throw new Error('the session was not inserted');
      if (change)
        await pool.query(`UPDATE backstep.sessions SET ${change} WHERE id = $1`, [row.id]);
      return row.id;
    };
    const disabled = await open();
    await pool.query(
      'UPDATE backstep.users u SET disabled_at = now() FROM backstep.sessions s WHERE s.user_id = u.id AND s.id = $1',
      [disabled],
    );
    const found: Partial<DenialRoom['sessions']> = {
      anonymous: undefined,
      disabled,
      revoked: await open('revoked_at = now()'),
      idle: await open("last_seen_at = now() - interval '31 minutes'"),
      too_old: await open("created_at = now() - interval '13 hours'"),
      made_up: randomUUID(),
    };
    for (const role of ROLES) found[role] = await session(room.people[role].id, '');
    return found as DenialRoom['sessions'];
  }

  const { rows: names } = await pool.query<{ name: string }>(
    `SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name FROM pg_tables
     WHERE schemaname IN ('backstep', 'graphile_worker') ORDER BY 1`,
  );
  const hashes = names
    .filter(({ name }) => !LEFT_OUT.includes(name))
    .map(({ name }) => {
      const besides = KEPT_BESIDES[name];
      const row = besides ? `(to_jsonb(t) - '${besides}')::text` : 't::text';
      return `SELECT '${name}' AS name, coalesce(md5(string_agg(${row}, E'\\n' ORDER BY ${row})), '-') AS hash FROM ${name} t`;
    });
  // The head of the chain and its rows go together; other settings stay as they are.
  hashes.push(
    `SELECT 'settings', coalesce(md5(string_agg(t::text, E'\\n' ORDER BY key)), '-') FROM backstep.settings t WHERE key <> 'audit_head'`,
  );
  return {
    sessions,
    people: room.people,
    bystander: await addPerson(room.control, 'reviewer'),
    rollbacks: rollbacks as DenialRoom['rollbacks'],
    another,
    async state() {
      const { rows } = await pool.query(hashes.join(' UNION ALL '));
      return rows.map((row) => `${row.name} ${row.hash}`).join('\n');
    },
    async historyAt() {
      const { rows } = await pool.query(
        'SELECT coalesce(max(seq), 0)::int AS seq FROM backstep.audit_log',
      );
      return rows[0]?.seq;
    },
    async historyAfter(seq) {
      const { rows } = await pool.query(
        'SELECT actor_id, action, outcome, subject, target, payload FROM backstep.audit_log WHERE seq > $1 ORDER BY seq',
        [seq],
      );
      return rows;
    },
    async dispose() {
      await controlPool().end();
      vi.unstubAllEnvs();
      await room.dispose();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
