import type pg from 'pg';
import type { CatalogSnapshot } from '@/lib/core/catalog';
import { DATA_LOSSES, type DataLoss } from '@/lib/core/proof';
import type { Hazard, Statement } from '@/lib/core/statement';
import { DownFault, ProofFault, UpFault, wantsOwnTransaction } from './proof-fault';
import {
  type CapturedRows,
  captureRows,
  olderLosses,
  ownLosses,
  type PlantOptions,
  partsCompared,
  plantRows,
  type RowRules,
  type RowsInput,
  relatedTables,
} from './rows';
import { lossesBySchema, type SchemaStates } from './schema-losses';
import type { Stage } from './stage';

/** What the round trip did to rows. */
export interface RowTrip {
  losesData: DataLoss | null;
  dataNotes: string[];
  hazards: Hazard[];
  remarks: string[];
}

export interface RowTripInput {
  statements: readonly Statement[];
  /** Tables that the migration or its script works on, before or after it. */
  tables: readonly string[];
  states: SchemaStates;
  /** What rows have to comply with after the migration, and after its script. */
  rules: { up: RowRules; down: RowRules };
}

export const NOT_TRIED: RowTrip = { losesData: null, dataNotes: [], hazards: [], remarks: [] };

/**
 * The round trip once more, with rows: some that are older than the migration, some that come after it.
 * @returns 'copies' where one transaction can't tell
 */
export async function takeRowTrip(stage: Stage, input: RowTripInput): Promise<RowTrip | 'copies'> {
  if (input.tables.length === 0) return { ...NOT_TRIED, losesData: 'none' };
  try {
    return await tryWithRows(stage, input);
  } catch (error) {
    if (error instanceof ProofFault && stage.method === 'transaction') return 'copies';
    // What can't be tried is not known; the schema's verdict holds all the same.
    const why = error instanceof Error ? error.message : String(error);
    return { ...NOT_TRIED, remarks: [`The round trip could not be made with rows: ${why}`] };
  }
}

/** Rows before the migration: fewer where it does not apply to more. */
interface OlderRows {
  rows: number;
  without: readonly string[];
}

/** Rows after the migration: none, or such as the schema takes before and after the script. */
type LaterRows = 'any' | 'surviving' | 'none';

interface Tried {
  /** Undefined when the script failed. */
  rows: RowsInput | undefined;
  fault: DownFault | undefined;
  /** Tables that took no row, with why. */
  empty: Map<string, string>;
  /** Rows that came after the migration have changed older ones, by triggers. */
  disturbed: boolean;
}

async function tryWithRows(stage: Stage, input: RowTripInput): Promise<RowTrip | 'copies'> {
  const { older, first, remarks } = await findOlderRows(stage, input);
  if (first.rows) {
    const calm = first.disturbed ? await attempt(stage, input, older, 'none') : first;
    return toTrip(first, input, remarks, calm.rows);
  }
  const { fault } = first;
  if (!fault) throw new Error('a script neither ran nor failed');
  if (stage.method === 'transaction' && wantsOwnTransaction(fault)) return 'copies';
  remarks.push(remarkOn(fault));
  const hazards = [failsWithRows(fault)];
  for (const later of ['surviving', 'none'] as const) {
    const next = await attempt(stage, input, older, later);
    if (!next.rows) continue;
    if (!isGuard(fault))
      return { ...atLeastBySchema(toTrip(next, input, remarks), input), hazards };
    // Whatever the guard looks for, tables that must be empty lose nothing.
    const rows = later === 'none' ? withoutEmptyTables(next.rows) : next.rows;
    return { ...toTrip({ ...next, rows }, input, remarks), hazards };
  }
  remarks.push('It does so with rows from before the migration, too.');
  return { losesData: isGuard(fault) ? 'none' : null, dataNotes: [], hazards, remarks };
}

function withoutEmptyTables(rows: RowsInput): RowsInput {
  const tables = rows.between.tables.filter(({ total }) => total > 0);
  return { ...rows, between: { tables } };
}

/** The most rows with which the migration itself applies, and what came of the script with them. */
async function findOlderRows(
  stage: Stage,
  input: RowTripInput,
): Promise<{ older: OlderRows; first: Tried; remarks: string[] }> {
  let older: OlderRows = { rows: 3, without: [] };
  let fault: UpFault | undefined;
  for (;;) {
    try {
      const first = await attempt(stage, input, older, 'any');
      return { older, first, remarks: fault ? [remarkOnFewer(fault, older)] : [] };
    } catch (error) {
      if (!(error instanceof UpFault)) throw error;
      if (stage.method === 'transaction' && wantsOwnTransaction(error)) throw error;
      const fewer = lessThan(older, error);
      // Without any row it has applied before; what fails now is no matter of rows.
      if (!fewer) throw error;
      fault ??= error;
      older = fewer;
    }
  }
}

/** One row at first; then none in the table that PostgreSQL names; then none at all. */
function lessThan({ rows, without }: OlderRows, { cause }: UpFault): OlderRows | undefined {
  if (rows > 1) return { rows: 1, without };
  if (rows === 0) return undefined;
  const { schema, table } = (cause ?? {}) as { schema?: unknown; table?: unknown };
  const named = typeof table === 'string' ? `${String(schema ?? 'public')}.${table}` : undefined;
  if (named === undefined || without.includes(named)) return { rows: 0, without: [] };
  return { rows, without: [...without, named] };
}

function remarkOnFewer({ error }: UpFault, { rows, without }: OlderRows): string {
  const with_ =
    rows === 0
      ? 'without older rows'
      : without.length > 0
        ? `without rows in ${without.join(', ')}`
        : 'with one row in each table';
  return `The migration itself fails on rows made up for it (${error.message}), so it was tried ${with_}.`;
}

/** @throws UpFault */
function attempt(
  stage: Stage,
  { tables, statements, rules, states }: RowTripInput,
  older: OlderRows,
  later: LaterRows,
): Promise<Tried> {
  return stage.fork(async (fork) => {
    const { client } = fork;
    const related = await relatedTables(client, tables);
    const all = [...new Set([...related, ...tables])];
    const empty = new Map<string, string>();
    const plant = async (names: readonly string[], options: PlantOptions) => {
      const planted = await plantRows(client, names, options);
      for (const { name, why } of planted.empty) empty.set(name, why);
    };
    if (older.rows > 0) {
      const given = related.filter((name) => !older.without.includes(name.replaceAll('"', '')));
      await plant(given, { rows: older.rows, salt: 'older', survive: rules.up });
    }
    const before = await captureRows(client, all);
    await fork.up();
    let disturbed = false;
    if (later !== 'none') {
      const watched = hasTriggers(states.between, all) ? await captureRows(client, all) : undefined;
      await plant(tables, { salt: 'later', ...(later === 'surviving' && { survive: rules.down }) });
      disturbed = watched !== undefined && (await areDisturbed(client, watched));
    }
    const between = await captureRows(client, all);
    try {
      await fork.down(statements);
    } catch (fault) {
      if (!(fault instanceof DownFault)) throw fault;
      return { rows: undefined, fault, empty, disturbed };
    }
    const after = await captureRows(client, all);
    return { rows: { before, between, after }, fault: undefined, empty, disturbed };
  });
}

function hasTriggers({ objects }: CatalogSnapshot, tables: readonly string[]): boolean {
  return Object.values(objects).some(
    ({ kind, parent }) => kind === 'trigger' && parent !== undefined && tables.includes(parent),
  );
}

/** What a trigger writes into older rows when newer ones come is not the migration's doing. */
async function areDisturbed(client: pg.ClientBase, watched: CapturedRows): Promise<boolean> {
  const names = watched.tables.map(({ name }) => name);
  const now = await captureRows(client, names);
  return olderLosses({ before: watched, between: now, after: now }).length > 0;
}

/** @param calm captures of a trip in which nothing disturbed the older rows */
function toTrip(
  { rows, empty }: Tried,
  { states }: RowTripInput,
  remarks: string[],
  calm: RowsInput | undefined = rows,
): RowTrip {
  const older = calm ? olderLosses(calm) : [];
  const told = new Set(older.map(subjectOf));
  const own = rows ? ownLosses(rows).filter((note) => !told.has(subjectOf(note))) : [];
  const unseen = lossesBySchema(states, [...empty.keys()]);
  const seen = older.length > 0 ? 'older' : own.length > 0 ? 'own' : 'none';
  const reasons = [...empty].map(([name, why]) => `${name} (${why})`);
  return {
    losesData: worse(seen, unseen.losesData),
    dataNotes: [...older, ...own, ...unseen.notes, ...(calm ? partsCompared(calm) : [])],
    hazards: [],
    remarks:
      reasons.length === 0
        ? remarks
        : [
            ...remarks,
            `No row could be made up for ${reasons.join(', ')}: there, only the schema tells what is lost.`,
          ],
  };
}

/** 'public.users.name: 3 of 3 values are gone': what the note is about. */
const subjectOf = (note: string): string => note.slice(0, note.indexOf(': '));

/** A script that stops at rows still takes along what it drops, once it has been mended. */
function atLeastBySchema(trip: RowTrip, { states, tables }: RowTripInput): RowTrip {
  const { losesData } = lossesBySchema(states, tables);
  if (trip.losesData !== 'none' || losesData !== 'own') return trip;
  return { ...trip, losesData: 'own' };
}

function worse(one: DataLoss, other: DataLoss): DataLoss {
  return DATA_LOSSES.indexOf(one) > DATA_LOSSES.indexOf(other) ? one : other;
}

/** raise_exception: somebody wrote the refusal on purpose. */
const GUARD = 'P0001';

const isGuard = ({ error }: DownFault): boolean => error.sqlstate === GUARD;

function failsWithRows(fault: DownFault): Hazard {
  const { message, line } = fault.error;
  const place = line === null ? {} : { line };
  if (isGuard(fault)) {
    return {
      code: 'fails_with_rows',
      severity: 'info',
      label: 'Refuses while there are certain rows',
      ...place,
      detail: `A guard of the script stops it: ${message}`,
    };
  }
  return {
    code: 'fails_with_rows',
    severity: 'danger',
    label: 'Fails when there are rows in the way',
    ...place,
    detail: `On empty tables the script runs; with rows PostgreSQL says: ${message}`,
    safer: 'Let the script deal with such rows first, or check before the run that there are none.',
  };
}

function remarkOn(fault: DownFault): string {
  const { message, line } = fault.error;
  const place = line === null ? '' : `, line ${line}`;
  return isGuard(fault)
    ? `With rows, a guard of the script stops it${place}: ${message}`
    : `With rows, the script fails${place}: ${message}`;
}
