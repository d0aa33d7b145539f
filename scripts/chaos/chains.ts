import type { SampleMigration } from '@/lib/folders/sample-target.fixture';
import { type LedgerStep, ledgerHistory } from '@/lib/testing/ledger-history';
import type { Random } from './random';

/** A history and what may be asked of its run. */
export interface Chain {
  history: SampleMigration[];
  /** Every statement can be taken back. */
  transactional: boolean;
  /** Tables that a stranger may lock. */
  tables: string[];
}

/** There from the beginning, so that each step has something to change. */
const BASE = `
CREATE TABLE base (id int PRIMARY KEY, name text NOT NULL, amount int NOT NULL DEFAULT 0);
INSERT INTO base SELECT n, 'row ' || n, n FROM generate_series(1, 40) n;
${Array.from({ length: 8 }, (_, n) => `CREATE INDEX base_old_${n} ON base (amount, id) WHERE amount > ${n};`).join('\n')}`;

type Shape = (n: number) => LedgerStep;

const TRANSACTIONAL: readonly [Shape, ...Shape[]] = [
  (n) => ({
    up: `CREATE TABLE made_${n} (id int PRIMARY KEY, note text);`,
    down: `DROP TABLE IF EXISTS made_${n};`,
  }),
  (n) => ({
    up: `ALTER TABLE base ADD COLUMN extra_${n} text;`,
    down: `ALTER TABLE base DROP COLUMN IF EXISTS extra_${n};`,
  }),
  (n) => ({
    up: `CREATE INDEX base_new_${n} ON base (name, id);`,
    down: `DROP INDEX IF EXISTS base_new_${n};`,
  }),
  (n) => ({
    up: `ALTER TABLE base ADD CONSTRAINT positive_${n} CHECK (amount >= -${n});`,
    down: `ALTER TABLE base DROP CONSTRAINT IF EXISTS positive_${n};`,
  }),
  (n) => ({
    up: `CREATE VIEW seen_${n} AS SELECT id FROM base WHERE amount > ${n};`,
    down: `DROP VIEW IF EXISTS seen_${n};`,
  }),
  (n) => ({
    up: `CREATE TYPE mood_${n} AS ENUM ('calm', 'alarmed');--> statement-breakpoint\nCREATE TABLE moods_${n} (mood mood_${n});`,
    down: `DROP TABLE IF EXISTS moods_${n};\nDROP TYPE IF EXISTS mood_${n};`,
  }),
  (n) => ({
    up: `DROP INDEX base_old_${n};`,
    down: `CREATE INDEX base_old_${n} ON base (amount, id) WHERE amount > ${n};`,
  }),
  (n) => ({
    up: `CREATE FUNCTION answer_${n}() RETURNS int LANGUAGE sql AS 'SELECT ${n}';`,
    down: `SET timezone = 'Asia/Tokyo';\nDROP FUNCTION IF EXISTS answer_${n}();`,
  }),
];

const ALONE: readonly [Shape, ...Shape[]] = [
  (n) => ({
    up: `CREATE INDEX base_new_${n} ON base (name, id);`,
    down: `DROP INDEX CONCURRENTLY IF EXISTS base_new_${n};`,
  }),
  (n) => ({
    up: `DROP INDEX base_old_${n};`,
    down: `CREATE INDEX CONCURRENTLY IF NOT EXISTS base_old_${n} ON base (amount, id) WHERE amount > ${n};`,
  }),
  (n) => ({
    up: `ALTER TABLE base ADD COLUMN extra_${n} int;--> statement-breakpoint\nDROP INDEX base_old_${n};`,
    down: `CREATE INDEX CONCURRENTLY base_old_${n} ON base (amount, id) WHERE amount > ${n};\nALTER TABLE base DROP COLUMN IF EXISTS extra_${n};`,
  }),
];

/**
 * Three to eight small migrations, each undone by a script that leaves its mark.
 * @param allowAlone whether some may hold statements that no transaction can take back
 */
export function randomChain(random: Random, allowAlone: boolean): Chain {
  const withAlone = allowAlone && random.chance(0.4);
  let transactional = true;
  const steps = Array.from({ length: random.between(3, 8) }, (_, n): LedgerStep => {
    const alone = withAlone && random.chance(0.4);
    if (alone) transactional = false;
    const shape = random.pick(alone ? ALONE : TRANSACTIONAL);
    return { ...shape(n), mark: random.pick(['first', 'last']) };
  });
  return { history: ledgerHistory(steps, BASE), transactional, tables: ['base', 'ledger'] };
}
