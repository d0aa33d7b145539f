import type { Hazard } from '@/lib/core/statement';
import type { ResolvedName } from '../relation-names';

/** The work on a whole table that a statement brings with it, each with what it means for others. */

export function rewrites(on: ResolvedName, why: string, safer: string): Hazard {
  return {
    code: 'rewrites_table',
    severity: 'danger',
    label: `Rewrites ${on.short}`,
    relation: on.qualified,
    detail: `${why}: every row of ${on.short} is written anew, with all its indexes, while nobody can read or write it.`,
    safer,
  };
}

export function scans(on: ResolvedName, why: string, safer: string): Hazard {
  return {
    code: 'scans_table',
    severity: 'danger',
    label: `Checks every row of ${on.short}`,
    relation: on.qualified,
    detail: `${why}: every row of ${on.short} is read under the lock, and one that does not fit makes the step fail.`,
    safer,
  };
}

export function buildsIndex(on: ResolvedName | undefined, safer: string): Hazard {
  const where = on?.short ?? 'the table';
  return {
    code: 'builds_index',
    severity: 'danger',
    label: `Builds an index on ${on?.short ?? 'a table'}`,
    ...(on && { relation: on.qualified }),
    detail: `Whoever writes to ${where} waits until the index is built.`,
    safer,
  };
}

interface Rule {
  code: 'adds_unique' | 'adds_not_null' | 'adds_foreign_key' | 'adds_check';
  on: ResolvedName;
  label: string;
  detail: string;
  safer: string;
}

/** A rule that rows must keep from then on. A CHECK is looked at where its scan is told. */
export function adds({ code, on, label, detail, safer }: Rule): Hazard {
  const severity = code === 'adds_check' ? 'warn' : 'danger';
  return { code, severity, label, relation: on.qualified, detail, safer };
}

export const SAFER_INDEX =
  'Build it with CREATE INDEX CONCURRENTLY outside of the rollback, when nothing waits for it.';
export const SAFER_UNIQUE =
  'Look for duplicates first, build the index with CREATE UNIQUE INDEX CONCURRENTLY outside of the rollback, and add the constraint USING INDEX.';
export const SAFER_VALID =
  'Add the constraint NOT VALID, and run VALIDATE CONSTRAINT in a step of its own: that lets writers through.';
