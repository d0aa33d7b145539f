import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { skippedWhenIncremental } from '@/lib/core/migrate-forecast';
import type { ListProblem, MigrationFile, RollbackFile } from '@/lib/core/migration';
import { type History, readHistory } from '@/lib/folders';
import { compareWithUp, parseScriptOf, parseUp } from '@/lib/sql';
import { type FolderArguments, UsageError } from './arguments';
import {
  floorOf,
  mergeHazards,
  type Report,
  type ReportedMigration,
  reportedHazard,
} from './report';

/** The folders of a command line, and a report that says what can be said without a database. */
export interface Subject {
  history: History;
  /** Position of the oldest migration that needs a script. */
  floor: number;
  report: Omit<Report, 'summary'>;
}

/**
 * Reads the folders and every script in them.
 * @throws UsageError when `--from` names no migration; BackstepError when a folder can't be read
 */
export async function readSubject(args: FolderArguments): Promise<Subject> {
  const { migrations, rollbacks, pattern, tracking } = args;
  const history = await readHistory({
    migrations,
    tracking,
    ...(rollbacks !== undefined && { rollbacks }),
    ...(pattern !== undefined && { rollbackPattern: pattern }),
  });
  const floor = floorOf(history.files, args.from);
  if (floor === undefined) {
    throw new UsageError(`--from ${args.from} names no migration of ${migrations}.`);
  }
  const lines: ReportedMigration[] = [];
  for (const file of history.files) {
    const match = history.scripts.get(file.tag);
    const line = emptyLine(file.position, file.tag);
    const script = match?.rollback;
    if (script) {
      const found = await readScript(script, file, history, tracking);
      const rollback = { file: script.name, pairedBy: script.pairedBy };
      lines.push({ ...line, ...found, rollback });
    } else if (match?.problem !== undefined) {
      const error = { message: match.problem, sqlstate: null, line: null, in: 'down' as const };
      lines.push({ ...line, grade: 'refused', error });
    } else {
      lines.push({ ...line, grade: 'missing' });
    }
  }
  return {
    history,
    floor,
    report: {
      layout: history.layout,
      // Without any script there is no pattern, only what a first one would be called.
      naming: lines.some((line) => line.rollback !== null) ? history.naming : '',
      migrations: lines,
      gaps: lines
        .filter((line) => line.rollback === null && line.index >= floor)
        .map((line) => line.tag),
      ambiguous: ambiguousOf(history),
      orphans: history.orphans,
      skippedByMigrate: skippedWhenIncremental(history).map(({ tag }) => tag),
      problems: history.problems
        .filter((problem) => !LISTED_ELSEWHERE.has(problem.code))
        .map((problem) => problem.message),
    },
  };
}

/**
 * What the text of a script says: dangers of its statements and what does not fit its migration, or why
 * it is refused.
 * @throws the file system's error
 */
export async function readScript(
  script: Pick<RollbackFile, 'name'>,
  migration: Pick<MigrationFile, 'sql'>,
  { scriptsFolder }: Pick<History, 'scriptsFolder'>,
  tracking: FolderArguments['tracking'],
): Promise<Pick<ReportedMigration, 'grade' | 'error' | 'hazards' | 'remarks'>> {
  // The bytes: text that was decoded no longer tells that it was no UTF-8.
  const up = await parseUp(migration.sql);
  const bytes = await readFile(path.join(scriptsFolder, script.name));
  const parsed = await parseScriptOf(up, bytes, { tracking });
  if (parsed.ok) {
    const misfits = await compareWithUp(up, parsed, tracking);
    return {
      grade: null,
      error: null,
      hazards: mergeHazards(
        parsed.statements.flatMap(({ line, hazards }) =>
          hazards.map((hazard) => reportedHazard(hazard, line)),
        ),
        misfits.map((hazard) => reportedHazard(hazard)),
      ),
      remarks: parsed.remarks,
    };
  }
  const [first] = parsed.refusals;
  return {
    grade: 'refused',
    error: {
      message: first?.message ?? 'The script is refused.',
      sqlstate: null,
      line: first?.line ?? null,
      in: 'down',
    },
    hazards: parsed.refusals.map((refusal) => ({
      code: refusal.code,
      severity: 'danger',
      line: refusal.line ?? null,
      message: refusal.message,
      label: refusal.message,
      lock: null,
      safer: null,
    })),
    remarks: [],
  };
}

/** Findings that have a list of their own in the report. */
const LISTED_ELSEWHERE: ReadonlySet<ListProblem['code']> = new Set([
  'ambiguous_rollback_file',
  'out_of_order',
]);

function ambiguousOf(history: History): Report['ambiguous'] {
  return history.files.flatMap(({ tag }) =>
    (history.scripts.get(tag)?.candidates ?? []).map(({ file, why }) => ({
      tag,
      file: file.name,
      grade: null,
      message: why,
    })),
  );
}

function emptyLine(index: number, tag: string): ReportedMigration {
  return {
    index,
    tag,
    rollback: null,
    grade: null,
    losesData: null,
    dataNotes: [],
    residue: [],
    missing: [],
    reapply: 'untested',
    secondRun: 'untested',
    error: null,
    hazards: [],
    remarks: [],
    verdict: null,
  };
}
