import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import type { RollbackEvent } from '@/lib/core/events';
import type { RollbackRoom } from '@/lib/core/views';
import { findClientTool } from '@/lib/embedded';
import { client } from './psql';
import type { Session } from './session';

/** So many browsers look on. */
export const LISTENERS = 50;

export interface ChainFigures {
  steps: number;
  /** From the server's commit timestamp to the arrival of `step.committed`, per step and listener. */
  latencies: number[];
  /** From the first step's start to the end of the run. */
  runMs: number;
  /** Sum of the steps' own durations, without the comparison after them. */
  stepMs: number;
  psqlMs: number;
  psqlOneMs: number;
}

/** Takes a chain back through the whole product, and the same scripts by psql. */
export async function runChain(
  person: Session,
  options: {
    target: string;
    url: string;
    psqlUrl: string;
    psqlOneUrl: string;
    scripts: { file: string; hash: string; when: number }[];
    home: string;
  },
): Promise<ChainFigures> {
  const ready = await prepareRollback(person, options.target);
  const heard: Heard[][] = Array.from({ length: LISTENERS }, () => []);
  const ending = new AbortController();
  const listening = heard.map((events) =>
    person
      .listen(ready.label, ending.signal, (event, arrivedAt) => events.push({ event, arrivedAt }))
      .catch(() => undefined),
  );
  await pressRun(person, ready);
  const last = (events: Heard[]) => events.at(-1)?.event.kind === 'run.finished';
  while (!heard.every(last)) await new Promise((resolve) => setTimeout(resolve, 50));
  ending.abort();
  await Promise.all(listening);

  const [one = []] = heard;
  const { runMs, stepMs } = durationsOf(one);
  return {
    steps: options.scripts.length,
    latencies: await latenciesOf(options.url, heard),
    runMs,
    stepMs,
    ...(await byPsql(options)),
  };
}

interface Heard {
  event: RollbackEvent;
  arrivedAt: number;
}

export interface ReadyRollback {
  label: string;
  digest: string;
  target: string;
}

/** A rollback to the first migration, rehearsed, its dangers taken on, backed up. */
export async function prepareRollback(person: Session, target: string): Promise<ReadyRollback> {
  const asked = { target, to: '0000_step', reason: 'bench' };
  const { label } = await person.post<{ label: string }>('create_rollback', asked);
  await until(person, label, (room) => settled(room.rehearsal?.state));
  await person.post('take_backup', { rollback: label });
  const room = await until(
    person,
    label,
    ({ backup, rehearsal }) => settled(backup?.state) && settled(rehearsal?.state),
  );
  const { digest } = room;
  for (const { key } of room.dangers) {
    await person.post('acknowledge', { rollback: label, digest, key });
  }
  return { label, digest, target };
}

/** Presses Run and waits for the end. @throws when it is not a good one */
export async function pressRun(person: Session, ready: ReadyRollback): Promise<void> {
  const { label, digest, target } = ready;
  await person.post('start_run', { rollback: label, digest, confirm: target });
  const end = await until(
    person,
    label,
    (seen) => seen.status !== 'running' && seen.status !== 'draft',
  );
  if (end.outcome !== 'changed_verified') throw new Error(`the run ended: ${end.outcomeMessage}`);
}

const settled = (state: string | undefined) => state === 'passed' || state === 'failed';

async function until(
  person: Session,
  label: string,
  done: (room: RollbackRoom) => boolean,
): Promise<RollbackRoom> {
  for (;;) {
    const room = await person.json<RollbackRoom>(`/api/rollbacks/${label}`);
    if (done(room)) return room;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** By the clock that both share: everything of the bench is on one machine. */
async function latenciesOf(url: string, heard: readonly Heard[][]): Promise<number[]> {
  const target = new pg.Client({ connectionString: url });
  await target.connect();
  const committed = new Map<number, number>();
  for (const { event } of heard[0] ?? []) {
    if (event.kind !== 'step.committing') continue;
    const { rows } = await target.query<{ ms: number }>(
      'SELECT (extract(epoch FROM pg_xact_commit_timestamp($1::text::xid)) * 1000)::float8 AS ms',
      [event.payload.xid],
    );
    committed.set(event.payload.position, rows[0]?.ms ?? Number.NaN);
  }
  await target.end();
  return heard.flatMap((events) =>
    events.flatMap(({ event, arrivedAt }) =>
      event.kind === 'step.committed'
        ? [arrivedAt - (committed.get(event.payload.position) ?? Number.NaN)]
        : [],
    ),
  );
}

function durationsOf(heard: { event: RollbackEvent }[]): { runMs: number; stepMs: number } {
  const at = (kind: string) =>
    Date.parse(heard.find(({ event }) => event.kind === kind)?.event.at ?? '');
  let stepMs = 0;
  for (const { event } of heard) {
    if (event.kind === 'step.committed') stepMs += event.payload.durationMs;
  }
  return { runMs: at('run.finished') - at('step.started'), stepMs };
}

/** The operator's way: each script with the DELETE of its row, in one transaction. */
async function byPsql(options: {
  psqlUrl: string;
  psqlOneUrl: string;
  scripts: { file: string; hash: string; when: number }[];
  home: string;
}): Promise<{ psqlMs: number; psqlOneMs: number }> {
  const { path: psql } = await findClientTool('psql', { serverMajor: 15 });
  const remove = ({ hash, when }: { hash: string; when: number }) =>
    `DELETE FROM drizzle.__drizzle_migrations WHERE hash = '${hash}' AND created_at = ${when}`;
  const quiet = ['-X', '-q', '-v', 'ON_ERROR_STOP=1'];
  let started = performance.now();
  for (const script of options.scripts) {
    await client(psql, options.psqlUrl, [...quiet, '-1', '-f', script.file, '-c', remove(script)]);
  }
  const psqlMs = performance.now() - started;
  const all = path.join(options.home, 'all.sql');
  await writeFile(
    all,
    options.scripts
      .map((script) => `BEGIN;\n\\i ${script.file}\n${remove(script)};\nCOMMIT;\n`)
      .join(''),
  );
  started = performance.now();
  await client(psql, options.psqlOneUrl, [...quiet, '-f', all]);
  return { psqlMs, psqlOneMs: performance.now() - started };
}
