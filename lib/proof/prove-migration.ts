import type { CatalogSnapshot } from '@/lib/core/catalog';
import type { RollbackFile } from '@/lib/core/migration';
import type { Proof, ProofError } from '@/lib/core/proof';
import type { Hazard } from '@/lib/core/statement';
import type { TrackingTable } from '@/lib/target';
import type { PreparedMigration } from './apply-migration';
import { namedRolesOnly } from './named-roles';
import { UpFault, wantsOwnTransaction } from './proof-fault';
import { NOT_TRIED, type RowTrip, takeRowTrip } from './row-trip';
import { type RowRules, readRowRules } from './rows';
import { type SchemaTrip, takeSchemaTrip } from './schema-trip';
import type { ReadScript } from './scripts-to-try';
import type { Stage, UpMode } from './stage';
import { touchedTables } from './touched-tables';
import type { Walker } from './walker';

/** Its scripts' proofs; none, and why, where the migration does not apply. */
export interface MigrationOutcome {
  proofs: Map<RollbackFile, Proof>;
  error: ProofError | null;
}

interface Trip {
  schema: SchemaTrip;
  rows: RowTrip;
  method: Stage['method'];
  durationMs: number;
}

/**
 * Tries the scripts of the next migration, then applies it. One transaction is enough for most; copies
 * of the database are made where it is not, and to confirm every failure that the transaction has seen.
 */
export async function proveMigration(
  walker: Walker,
  migration: PreparedMigration,
  scripts: readonly ReadScript[],
  tracking: TrackingTable,
): Promise<MigrationOutcome> {
  const trips = new Map<ReadScript, Trip>();
  let mode: UpMode | undefined;
  try {
    for (const read of scripts) {
      if (needsCopies(migration, read)) continue;
      const trip = await tryInTransaction(walker, migration, read, tracking);
      if (trip && trip.schema.grade !== 'fails') trips.set(read, trip);
    }
    for (const read of scripts) {
      if (trips.has(read)) continue;
      const tried = await walker.tryModes(migration, (stage) =>
        tryOn(stage, migration, read, tracking),
      );
      if (!tried.outcome) throw new Error('copies of the database could not tell');
      trips.set(read, tried.outcome);
      mode = tried.mode;
    }
    const known = [...trips.values()].find((trip) => trip.method === 'transaction');
    mode = await walker.advance(migration, mode);
    if (mode === 'transaction') walker.known = known?.schema.between;
  } catch (error) {
    if (!(error instanceof UpFault)) throw error;
    return { proofs: new Map(), error: error.error };
  }
  const proofs = new Map<RollbackFile, Proof>();
  for (const [read, trip] of trips) {
    proofs.set(read.script, toProof(read, trip, mode, tracking));
  }
  return { proofs, error: null };
}

function needsCopies({ up }: PreparedMigration, { statements }: ReadScript): boolean {
  const scriptDoes = statements.some(({ transactional }) => !transactional);
  return up.ownTransaction || up.nonTransactional || scriptDoes;
}

/** @returns undefined when only copies can tell */
async function tryInTransaction(
  walker: Walker,
  migration: PreparedMigration,
  read: ReadScript,
  tracking: TrackingTable,
): Promise<Trip | undefined> {
  try {
    const { known } = walker;
    const trip = await walker.inTransaction(migration, (stage) =>
      tryOn(stage, migration, read, tracking, known),
    );
    return trip === 'broken' ? undefined : trip;
  } catch (error) {
    if (error instanceof UpFault && wantsOwnTransaction(error)) return undefined;
    throw error;
  }
}

/** @returns undefined where one transaction can't tell */
async function tryOn(
  stage: Stage,
  { file, up }: PreparedMigration,
  { script, statements, text }: ReadScript,
  tracking: TrackingTable,
  known?: CatalogSnapshot,
): Promise<Trip | undefined> {
  const started = performance.now();
  let tables: string[] = [];
  const rules: { up?: RowRules; down?: RowRules } = {};
  const schema = await stage.fork((fork) =>
    takeSchemaTrip(fork, statements, known, isPlain(up), {
      view: namedRolesOnly([
        { sql: file.sql, opaque: up.opaque },
        { sql: script.sql, opaque: text.opaque },
      ]),
      afterUp: async ({ client }, before, between) => {
        tables = touchedTables([up, text], [before, between], tracking);
        rules.up = await readRowRules(client, tables);
      },
      afterDown: async ({ client }) => {
        rules.down = await readRowRules(client, tables);
      },
    }),
  );
  let rows: RowTrip | 'copies' = NOT_TRIED;
  const { after } = schema;
  if (after && rules.up && rules.down) {
    const states = { before: schema.before, between: schema.between, after };
    rows = await takeRowTrip(stage, {
      statements,
      tables: touchedTables([up, text], [states.before, states.between, after], tracking),
      states,
      rules: { up: rules.up, down: rules.down },
    });
  }
  if (rows === 'copies') return undefined;
  return { schema, rows, method: stage.method, durationMs: performance.now() - started };
}

/** Statements that run code: what it does may hang on rows, settings, anything. */
const RUNS_CODE: ReadonlySet<string> = new Set(['DoStmt', 'CallStmt', 'SelectStmt', 'ExecuteStmt']);

function isPlain({ chunks, opaque }: PreparedMigration['up']): boolean {
  const statements = chunks.flatMap((chunk) => chunk.statements ?? []);
  return !opaque && statements.every(({ kind }) => !RUNS_CODE.has(kind));
}

function toProof(
  read: ReadScript,
  { schema, rows, method, durationMs }: Trip,
  mode: UpMode,
  tracking: TrackingTable,
): Proof {
  const { grade, residue, missing, changes, reapply, secondRun, error } = schema;
  const told = trackingRemarks(read, schema, tracking);
  return {
    grade,
    losesData: rows.losesData,
    dataNotes: rows.dataNotes,
    residue,
    missing,
    reapply,
    secondRun,
    error,
    remarks: [
      ...read.remarks,
      ...(mode === 'statements' ? [ONE_TRANSACTION] : []),
      ...schema.remarks,
      ...told.remarks,
      ...rows.remarks,
    ],
    changes,
    hazards: [...read.hazards, ...rows.hazards, ...told.hazards],
    method,
    durationMs: Math.round(durationMs),
  };
}

const ONE_TRANSACTION =
  'PostgreSQL refuses this migration inside a transaction, where drizzle’s migrate() runs it: it was applied here statement by statement.';

function trackingRemarks(
  { statements }: ReadScript,
  { tracking: effect }: SchemaTrip,
  { table }: TrackingTable,
): { remarks: string[]; hazards: Hazard[] } {
  if (!effect) return { remarks: [], hazards: [] };
  const deletes = statements.find(
    ({ kind, text }) => kind === 'DeleteStmt' && text.includes(table),
  );
  if (effect.others) {
    const hazard: Hazard = {
      code: 'touches_other_object',
      severity: 'danger',
      label: 'Removes tracking rows of other migrations',
      ...(deletes && { line: deletes.line }),
      detail: 'A run stops at this step and undoes it: only the migration’s own row may go.',
      safer: 'Leave the DELETE out: the run removes the row itself.',
    };
    return { remarks: [], hazards: [hazard] };
  }
  if (!deletes || effect.own) return { remarks: [], hazards: [] };
  return {
    remarks: [
      `Its DELETE on ${table} (line ${deletes.line}) matches no row; the run removes the row itself.`,
    ],
    hazards: [],
  };
}
