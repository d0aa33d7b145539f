import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import type { RollbackEvent } from '@/lib/core/events';
import type { RollbackRoom } from '@/lib/core/views';
import { findClientTool } from '@/lib/embedded';
import { client } from './psql';
import type { Session } from './session';

export interface ChainFigures {
  /** From the server's commit timestamp to the arrival of `step.committed`, per step. */
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
  const { label } = await person.post<{ label: string }>('create_rollback', {
    target: options.target,
    to: '0000_step',
    reason: 'bench',
  });
  await until(person, label, (room) => settled(room.rehearsal?.state));
  await person.post('take_backup', { rollback: label });
  const room = await until(person, label, (seen) => settled(seen.backup?.state));
  const heard: { event: RollbackEvent; arrivedAt: number }[] = [];
  const ending = new AbortController();
  const listening = person
    .listen(label, ending.signal, (event, arrivedAt) => heard.push({ event, arrivedAt }))
    .catch(() => undefined);
  await person.post('start_run', { rollback: label, digest: room.digest, confirm: options.target });
  const end = await until(
    person,
    label,
    (seen) => seen.status !== 'running' && seen.status !== 'draft',
  );
  ending.abort();
  await listening;
  if (end.outcome !== 'changed_verified') throw new Error(`the run ended: ${end.outcomeMessage}`);

  return {
    latencies: await latenciesOf(options.url, heard),
    ...durationsOf(heard),
    ...(await byPsql(options)),
  };
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

async function latenciesOf(
  url: string,
  heard: { event: RollbackEvent; arrivedAt: number }[],
): Promise<number[]> {
  const xids = new Map<number, string>();
  const arrivals = new Map<number, number>();
  for (const { event, arrivedAt } of heard) {
    if (event.kind === 'step.committing') xids.set(event.payload.position, event.payload.xid);
    if (event.kind === 'step.committed') arrivals.set(event.payload.position, arrivedAt);
  }
  const target = new pg.Client({ connectionString: url });
  await target.connect();
  const latencies: number[] = [];
  for (const [position, xid] of xids) {
    const { rows } = await target.query<{ ms: number }>(
      'SELECT (extract(epoch FROM pg_xact_commit_timestamp($1::text::xid)) * 1000)::float8 AS ms',
      [xid],
    );
    latencies.push((arrivals.get(position) ?? Number.NaN) - (rows[0]?.ms ?? Number.NaN));
  }
  await target.end();
  return latencies;
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
