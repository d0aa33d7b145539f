import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { tables } from '@/lib/control';
import { ROLES, type Role } from '@/lib/core/actor';
import type { RollbackRoom } from '@/lib/core/views';
import { findClientTool } from '@/lib/embedded';
import { createSampleTarget, type SampleTarget } from '@/lib/folders/sample-target.fixture';
import { createSampleControl, type SampleControl } from '@/lib/migrations/sample-control.fixture';
import { adminUrl } from '@/lib/testing/database';
import { type ExecutorProcess, startExecutorProcess } from '@/lib/testing/executor-process';
import { controlPool } from './runtime';

const caller = vi.hoisted(() => ({ sid: undefined as string | undefined }));
vi.mock('next-auth', async (original) => ({
  ...(await original<object>()),
  getServerSession: async () => (caller.sid === undefined ? null : { sid: caller.sid }),
}));

const ORIGIN = 'https://backstep.example.com';
const PATIENCE = 180_000;

/** Known at both ends, so that a password cut in two by a careless redaction is found as well. */
const HEAD = `canary${randomBytes(6).toString('hex')}`;
const TAIL = `tail${randomBytes(6).toString('hex')}`;
const PASSWORD = `${HEAD}/p@ss:w%rd?#& é'"\\+=${TAIL}`;
const WRONG = `${HEAD}-wrong-@${TAIL}`;
const USER = `canary_owner_${randomBytes(4).toString('hex')}`;
/** What must not be anywhere: in any encoding, both ends stay as they are but in base64. */
const NEEDLES = [
  HEAD,
  TAIL,
  ...[PASSWORD, `${USER}:${PASSWORD}`].map((text) => Buffer.from(text).toString('base64')),
];

let room: SampleControl;
let sample: SampleTarget;
let executor: ExecutorProcess;
let folder: string;
let watch: ReturnType<typeof watchProcesses>;
const sessions: Partial<Record<Role, string>> = {};
/** Everything that came out of the web server's side: answers, and its log. */
const heard: string[] = [];

const home = () => path.join(folder, 'home');
const toolsFolder = () => path.join(folder, 'tools');
const configPath = () => path.join(folder, 'backstep.config.yaml');

function withPassword(url: string, password: string): string {
  const found = new URL(url);
  found.username = USER;
  found.password = encodeURIComponent(password);
  return found.href;
}

async function writeConfig(broken = ''): Promise<void> {
  const { target, database } = sample;
  const folders = { migrations: target.migrations, rollbacks: target.rollbacks };
  const nowhere = withPassword('postgres://localhost:1/none', PASSWORD);
  const targets = [
    {
      name: 'shop',
      url: withPassword(database.url, PASSWORD),
      policy: { lock_timeout_ms: 100, step_attempts: 1, rescue: 'always' },
    },
    { name: 'unreachable', url: nowhere },
    { name: 'unheard-of', url: withPassword('postgres://no-such-host.invalid/none', PASSWORD) },
    { name: 'wrong-password', url: withPassword(database.url, WRONG) },
    { name: 'other-user', url: withPassword(database.url, PASSWORD).replace(USER, `x${USER}`) },
  ].map((one) => ({ ...one, environment: 'staging', ...folders }));
  // JSON is YAML, too; what breaks it stands in the line of a password.
  const text = `client_tools: ${toolsFolder()}\ntargets:\n${targets.map((one) => `  - ${JSON.stringify(one)}${broken}\n`).join('')}`;
  await writeFile(configPath(), text);
}

beforeAll(async () => {
  room = await createSampleControl();
  for (const role of ROLES) {
    const [row] = await room.control.db
      .insert(tables.sessions)
      .values({ userId: room.people[role].id })
      .returning({ id: tables.sessions.id });
    sessions[role] = row?.id;
  }
  sample = await createSampleTarget(undefined, { name: 'shop' });
  await sample.migrate();
  const literal = `E'${PASSWORD.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
  await sample.sql(`CREATE ROLE ${USER} SUPERUSER LOGIN PASSWORD ${literal}`);
  await sample.sql("INSERT INTO coupons VALUES ('SPRING')");
  folder = await mkdtemp(path.join(tmpdir(), 'backstep-room-'));
  await placeTools();
  await writeConfig();
  vi.stubEnv('BACKSTEP_CONFIG', configPath());
  vi.stubEnv('BACKSTEP_HOME', home());
  vi.stubEnv('BACKSTEP_URL', ORIGIN);
  vi.stubEnv('NEXTAUTH_URL', ORIGIN);
  vi.stubEnv('NEXTAUTH_SECRET', 'a secret of at least 32 characters');
  vi.stubEnv('CONTROL_DATABASE_URL', room.control.url);
  vi.stubEnv('LOG_LEVEL', 'trace');
  for (const stream of [process.stderr, process.stdout]) {
    const write = stream.write.bind(stream);
    vi.spyOn(stream, 'write').mockImplementation((...args: unknown[]) => {
      heard.push(String(args[0]));
      return (write as (...all: unknown[]) => boolean)(...args);
    });
  }
  watch = watchProcesses();
  executor = await startExecutorProcess({
    home: home(),
    configPath: configPath(),
    controlUrl: room.control.url,
    scratchUrl: adminUrl(),
  });
}, PATIENCE);

afterAll(async () => {
  watch?.end();
  await executor?.end();
  await controlPool().end();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  const { url } = sample.database;
  await sample.dispose();
  await room.dispose();
  const admin = await createSampleTarget([], {});
  await admin.sql(`DROP ROLE IF EXISTS ${USER}`);
  await admin.dispose();
  await rm(folder, { recursive: true, force: true });
  expect(url).not.toContain(HEAD);
});

/**
 * The client programs, with what anybody (arguments) and the same user (environment) can see of them
 * while they run written to a file first.
 */
async function placeTools(): Promise<void> {
  await mkdir(toolsFolder());
  for (const tool of ['pg_dump', 'pg_restore'] as const) {
    const { path: program } = await findClientTool(tool);
    const script = [
      '#!/bin/sh',
      `{ tr '\\0' ' ' < /proc/$$/cmdline; echo; tr '\\0' '\\n' < /proc/$$/environ; } >> '${toolsFolder()}/seen'`,
      `exec '${program}' "$@"`,
    ];
    await writeFile(path.join(toolsFolder(), tool), `${script.join('\n')}\n`, { mode: 0o755 });
  }
}

/** Arguments of every process, as `ps` shows them to anybody, looked at again and again. */
function watchProcesses() {
  const seen = new Set<string>();
  let ended = false;
  const look = async () => {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    for (const pid of pids) {
      seen.add(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
    }
    if (!ended) timer = setTimeout(look, 50);
  };
  let timer: NodeJS.Timeout = setTimeout(look, 0);
  return {
    all: () => [...seen].join('\n'),
    end() {
      ended = true;
      clearTimeout(timer);
    },
  };
}

async function ask(
  role: Role,
  route: string,
  params: Record<string, string> = {},
  more: { body?: unknown; query?: string } = {},
): Promise<{ status: number; text: string; json<T>(): T }> {
  const [method = '', pattern = ''] = route.split(' ');
  const module = (await import(
    /* @vite-ignore */ path.join(process.cwd(), 'app', 'api', pattern, 'route.ts')
  )) as Record<string, (request: Request, context: unknown) => Promise<Response>>;
  caller.sid = sessions[role];
  const request = new Request(`${ORIGIN}/api/${pattern}${more.query ?? ''}`, {
    method,
    headers: { Origin: ORIGIN, 'Content-Type': 'application/json' },
    ...(more.body === undefined ? {} : { body: JSON.stringify(more.body) }),
  });
  const response = await module[method]?.(request, { params: Promise.resolve(params) });
  if (!response) throw new Error(`there is no ${route}`);
  const text = pattern.endsWith('/events') ? await streamed(response) : await response.text();
  heard.push(JSON.stringify([...response.headers]), text);
  return { status: response.status, text, json: () => JSON.parse(text) };
}

/** A stream never ends by itself; what is stored already comes first. */
async function streamed(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  while (reader && !text.includes('run.finished')) {
    const { value, done } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  await reader?.cancel();
  return text;
}

const act = (role: Role, action: string, body: unknown) =>
  ask(role, 'POST actions/[action]', { action }, { body });

async function done(role: Role, action: string, body: unknown): Promise<void> {
  const { status, text } = await act(role, action, body);
  expect([action, status, text]).toEqual([action, 200, text]);
}

const look = async (label: string) =>
  (await ask('on_call', 'GET rollbacks/[id]', { id: label })).json<RollbackRoom>();

/** Waits for the room to come to something, as a page does. */
async function until(label: string, when: (seen: RollbackRoom) => boolean): Promise<RollbackRoom> {
  let seen = await look(label);
  await expect
    .poll(
      async () => {
        seen = await look(label);
        return when(seen);
      },
      { timeout: 60_000, interval: 100 },
    )
    .toBe(true);
  return seen;
}

it('a password in the URL of a target is nowhere but in the configuration', {
  timeout: PATIENCE,
}, async () => {
  // Every way in which a target fails to answer.
  await ask('on_call', 'GET targets');
  for (const name of ['shop', 'unreachable', 'unheard-of', 'wrong-password', 'other-user']) {
    await ask('on_call', 'GET targets/[name]', { name });
    await act('on_call', 'check_target', { target: name });
    const create = { target: name, to: '0000_customers', reason: 'Orders are slow' };
    if (name !== 'shop') expect((await act('on_call', 'create_rollback', create)).status).toBe(502);
  }

  // The way of one rollback, with a run that fails first.
  const created = await act('on_call', 'create_rollback', {
    target: 'shop',
    to: '0001_orders',
    reason: 'Orders are slow',
  });
  const { label } = created.json<{ value: { label: string } }>().value;
  const of = { rollback: label };
  const rehearsed = await until(label, ({ rehearsal }) => rehearsal?.state === 'passed');
  const { digest } = rehearsed;
  for (const { key } of rehearsed.dangers) {
    await done('on_call', 'acknowledge', { ...of, digest, key });
  }
  await done('on_call', 'take_backup', of);
  await until(label, ({ backup }) => backup?.state === 'passed');
  await done('on_call', 'request_approval', { ...of, digest });
  await done('reviewer', 'decide', { ...of, digest, decision: 'approved', comment: 'Go on.' });
  const blocker = await sample.database.connect();
  await blocker.query('BEGIN; LOCK TABLE coupons IN SHARE MODE');
  const run = { ...of, digest, confirm: 'shop' };
  await done('on_call', 'start_run', run);
  await until(label, ({ status }) => status === 'stopped');
  await blocker.query('ROLLBACK');
  await blocker.end();
  await done('on_call', 'resume_run', run);
  await until(label, ({ status }) => status === 'succeeded');
  await ask('on_call', 'GET rollbacks/[id]/events', { id: label });
  await ask('on_call', 'GET rollbacks/[id]/tables', { id: label });
  await done('on_call', 'release_fence', of);
  await until(label, ({ fence }) => fence?.releasedAt != null);

  // A configuration that is broken in the very line of the password.
  for (const broken of [' }{', ' , x: [', '\n    surprise: true', '\n  - url: 5']) {
    const before = executor.log.length;
    await writeConfig(broken);
    await ask('on_call', 'GET targets');
    await expect.poll(() => executor.log.length, { timeout: 20_000 }).toBeGreaterThan(before);
  }
  await writeConfig();

  for (const format of ['csv', 'jsonl']) {
    const exported = await ask('auditor', 'GET history/export', {}, { query: `?format=${format}` });
    expect(exported.text).toContain(label);
  }

  // What was searched has to be there, or nothing was proven.
  const tools = await readFile(path.join(toolsFolder(), 'seen'), 'utf8');
  expect(tools).toMatch(/pg_dump .*--format=directory/);
  expect(tools).toContain(`PGUSER=${USER}`);
  expect(watch.all()).toContain('executor.mjs');
  const places: Record<string, string> = {
    'answers and log of the web server': heard.join('\n'),
    'log of the executor': executor.log.join('\n'),
    'arguments of all processes': watch.all(),
    'arguments and environment of client programs': tools,
    ...(await controlTables()),
    ...(await filesBelow(home())),
  };
  expect(places['log of the executor']).toMatch(/"level":50/);
  expect(places['backstep.audit_log']).toContain('run.finish');
  expect(Object.keys(places).some((name) => name.endsWith('manifest.json'))).toBe(true);
  const found = Object.entries(places).flatMap(([place, text]) =>
    NEEDLES.filter((needle) => text.includes(needle)).map((needle) => {
      const at = text.indexOf(needle);
      return `${place}: …${text.slice(Math.max(0, at - 120), at + 60)}…`;
    }),
  );
  expect(found).toEqual([]);
});

it('the search would find it', () => {
  const { href } = new URL(withPassword('postgres://localhost/x', PASSWORD));
  for (const text of [PASSWORD, href, encodeURIComponent(PASSWORD), decodeURIComponent(href)]) {
    expect(NEEDLES.some((needle) => text.includes(needle))).toBe(true);
  }
});

async function controlTables(): Promise<Record<string, string>> {
  const { rows } = await room.control.pool.query<{ name: string }>(
    "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name FROM pg_tables WHERE schemaname IN ('backstep', 'graphile_worker')",
  );
  const found: Record<string, string> = {};
  for (const { name } of rows) {
    const all = await room.control.pool.query(`SELECT t::text AS row FROM ${name} t`);
    found[name] = all.rows.map(({ row }) => row).join('\n');
  }
  return found;
}

async function filesBelow(place: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(place, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const bytes = await readFile(file);
    const content = file.endsWith('.gz') ? gunzipSync(bytes) : bytes;
    found[file] = `${file}\n${content.toString('latin1')}`;
  }
  return found;
}
