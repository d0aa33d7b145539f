import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { openBackup, performBackup, requestTargetBackup } from '@/lib/backup';
import { type Control, type Ctx, migrateControl, openControl, tables } from '@/lib/control';
import { SYSTEM_ACTOR } from '@/lib/core/actor';
import { formatBytes } from '@/lib/core/format-bytes';
import { findClientTool, startTemporaryServer } from '@/lib/embedded';
import { rehearseSteps } from '@/lib/rehearsal';
import { performTestRestore, requestTestRestore } from '@/lib/test-restore';
import { applyFolder, databaseUrl } from './databases';
import { fillAsPgbench } from './fill-pgbench';
import { writeFolder } from './folders';
import { type Line, once, summarise, words } from './measure';
import { targetOf } from './prepared-run';
import { client } from './psql';

/** Both sides dump and restore with so many connections. */
const JOBS = 2;
const ROUNDS = 3;
const SOURCE = 'bench_restore';

interface Figures {
  dump: number[];
  rawDump: number[];
  restore: number[];
  rawRestore: number[];
  /** Checksums and the full read of a backup. */
  reading: number[];
  /** Row counts and the comparison of the schema after a restore. */
  verifying: number[];
  /** What the process held at most beyond what it held before the first round, in bytes. */
  grown: number[];
}

/**
 * A pgbench database backed up and test-restored by Backstep, and by pg_dump and pg_restore alone with as
 * many connections. They take turns.
 * @param serverUrl a durable server
 * @param megabytes size of the database, roughly
 */
export async function benchRestore(serverUrl: string, megabytes: number): Promise<Line[]> {
  const home = await mkdtemp(path.join(tmpdir(), 'backstep-bench-restore-'));
  const controlServer = await startTemporaryServer();
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  await migrateControl(controlServer.url, process.cwd());
  const control = openControl(controlServer.url, { max: 4 });
  try {
    const { rows } = await admin.query<{ major: number }>(
      "SELECT current_setting('server_version_num')::int / 10000 AS major",
    );
    const tools = await toolsFor(rows[0]?.major ?? 0);
    await admin.query(`CREATE DATABASE ${SOURCE} TEMPLATE template0`);
    const url = databaseUrl(serverUrl, SOURCE);
    await fillAsPgbench(url, tools.pgDump, megabytes);
    const folder = await writeFolder(path.join(home, 'folder'), 1, () => ({
      up: 'SELECT 1;',
      down: 'SELECT 1;',
    }));
    await applyFolder(url, folder.migrations);
    const ctx = await contextOf(control, targetOf(SOURCE, url, folder), home);
    const figures = await rounds({ admin, serverUrl, url, home, tools, ctx });
    const size = await admin.query<{ bytes: string }>('SELECT pg_database_size($1) AS bytes', [
      SOURCE,
    ]);
    return lines(figures, formatBytes(Number(size.rows[0]?.bytes)));
  } finally {
    await control.close();
    await admin.end();
    await controlServer.stop();
    await rm(home, { recursive: true, force: true });
  }
}

async function toolsFor(serverMajor: number) {
  return {
    pgDump: (await findClientTool('pg_dump', { serverMajor })).path,
    pgRestore: (await findClientTool('pg_restore', { serverMajor })).path,
  };
}

async function contextOf(
  control: Control,
  target: Ctx['config']['targets'][number],
  home: string,
): Promise<{ person: Ctx; system: Ctx }> {
  const [user] = await control.db
    .insert(tables.users)
    .values({ email: 'bench@example.com', name: 'Bench', role: 'on_call', passwordHash: '-' })
    .returning({ id: tables.users.id, email: tables.users.email, name: tables.users.name });
  if (!user) throw new Error('the person was not inserted');
  const ctx = {
    requestId: randomUUID(),
    db: control.db,
    config: {
      path: path.join(home, 'backstep.config.yaml'),
      targets: [target],
      backups: { directory: path.join(home, 'backups'), jobs: JOBS },
      clientTools: undefined,
    },
  };
  return {
    person: { ...ctx, actor: { kind: 'user', role: 'on_call', ...user } },
    system: { ...ctx, actor: SYSTEM_ACTOR },
  };
}

interface Bench {
  admin: pg.Client;
  serverUrl: string;
  url: string;
  home: string;
  tools: { pgDump: string; pgRestore: string };
  ctx: { person: Ctx; system: Ctx };
}

async function rounds(bench: Bench): Promise<Figures> {
  const figures: Figures = {
    dump: [],
    rawDump: [],
    restore: [],
    rawRestore: [],
    reading: [],
    verifying: [],
    grown: [],
  };
  // The first round warms both up.
  for (let round = 0; round <= ROUNDS; round++) {
    const into: Figures = round === 0 ? structuredClone(figures) : figures;
    const sides = [() => raw(bench, into), () => ours(bench, into)];
    for (const side of round % 2 === 0 ? sides : sides.reverse()) await side();
  }
  return figures;
}

async function raw({ admin, serverUrl, url, home, tools }: Bench, figures: Figures) {
  const folder = path.join(home, 'raw');
  await admin.query('CHECKPOINT');
  figures.rawDump.push(
    await once(() => client(tools.pgDump, url, ['-Fd', `-j${JOBS}`, '-f', folder])),
  );
  await admin.query("CREATE DATABASE bench_raw TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'");
  await admin.query('CHECKPOINT');
  const copy = databaseUrl(serverUrl, 'bench_raw');
  figures.rawRestore.push(
    await once(() => client(tools.pgRestore, copy, [`-j${JOBS}`, '-d', 'bench_raw', folder])),
  );
  await admin.query('DROP DATABASE bench_raw');
  await rm(folder, { recursive: true });
}

async function ours({ admin, serverUrl, ctx, home }: Bench, figures: Figures): Promise<void> {
  const { person, system } = ctx;
  const executorId = randomUUID();
  const signal = new AbortController().signal;
  const memory = watchMemory();
  await admin.query('CHECKPOINT');
  const { backupId, label } = await requestTargetBackup(person, { target: SOURCE });
  const taken = await performBackup(
    system,
    { backupId },
    {
      executorId,
      findTool: findClientTool,
      signal,
      // Asked for below, so that it is the same for every policy.
      queueTestRestore: async () => undefined,
    },
  );
  await admin.query('CHECKPOINT');
  const { testRestoreId } = await requestTestRestore(person, { backup: label });
  const tested = await performTestRestore(
    system,
    { testRestoreId },
    {
      executorId,
      scratchUrl: serverUrl,
      findTool: findClientTool,
      openBackup,
      rehearseSteps,
      signal,
    },
  );
  figures.grown.push(memory.end());
  const backup = await system.db.query.backups.findFirst({
    where: (row, { eq }) => eq(row.id, backupId),
  });
  const test = await system.db.query.testRestores.findFirst({
    where: (row, { eq }) => eq(row.id, testRestoreId),
  });
  const check = test?.check;
  if (taken !== 'passed' || tested !== 'passed' || !check)
    throw new Error(`${taken}, ${tested}: ${backup?.error ?? test?.error}`);
  const time = (name: string) =>
    backup?.checks.find((one) => one.name === name)?.durationMs ?? Number.NaN;
  figures.dump.push(time('Dump finished'));
  figures.reading.push(time('Checksums stored') + time('Full read'));
  figures.restore.push(check.restoreMs);
  figures.verifying.push(check.verifyMs);
  await rm(path.join(home, 'backups'), { recursive: true });
}

const LOOK_EVERY_MS = 50;

/** @returns how to end it, and what the process held at most beyond what it held at the beginning */
function watchMemory(): { end(): number } {
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, LOOK_EVERY_MS);
  return {
    end() {
      clearInterval(timer);
      return Math.max(0, peak - before);
    },
  };
}

function lines(figures: Figures, size: string): Line[] {
  const [dump, rawDump] = [summarise(figures.dump), summarise(figures.rawDump)];
  const [restore, rawRestore] = [summarise(figures.restore), summarise(figures.rawRestore)];
  const of = `a pgbench database of ${size}`;
  return [
    [
      `backup of ${of}: snapshot, dump, rows counted beside it`,
      words(dump),
      `pg_dump -Fd -j${JOBS} ${words(rawDump)}`,
      (dump.median / rawDump.median).toFixed(2),
    ],
    ['of the backup besides: checksums and full read', words(summarise(figures.reading)), '', ''],
    [
      `test restore of ${of}: the restore`,
      words(restore),
      `pg_restore -j${JOBS} ${words(rawRestore)}`,
      (restore.median / rawRestore.median).toFixed(2),
    ],
    [
      'of the test restore besides: rows of every table counted, schema compared',
      words(summarise(figures.verifying)),
      '',
      '',
    ],
    [
      'memory of the process beyond what it held before each round',
      figures.grown.map((bytes) => formatBytes(bytes)).join(', '),
      `the database: ${size}`,
      '',
    ],
  ];
}
