import type pg from 'pg';
import type { Plan } from '@/lib/core/plan';

/** PostgreSQL's table lock modes from the weakest to the strongest, as pg_locks calls them. */
const MODES: readonly [name: string, words: string][] = [
  ['AccessShareLock', 'ACCESS SHARE'],
  ['RowShareLock', 'ROW SHARE'],
  ['RowExclusiveLock', 'ROW EXCLUSIVE'],
  ['ShareUpdateExclusiveLock', 'SHARE UPDATE EXCLUSIVE'],
  ['ShareLock', 'SHARE'],
  ['ShareRowExclusiveLock', 'SHARE ROW EXCLUSIVE'],
  ['ExclusiveLock', 'EXCLUSIVE'],
  ['AccessExclusiveLock', 'ACCESS EXCLUSIVE'],
];

/** Those who only read are in nobody's way, so that weaker ones are told of the plan's own tables. */
const TELLING = 2;

const rankOf = (mode: string): number => MODES.findIndex(([name]) => name === mode);

interface Lock {
  oid: string;
  mode: string;
}

const LOCKS = `
  SELECT l.relation::text AS oid, l.mode
    FROM pg_catalog.pg_locks l
   WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.granted
     AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d
                        WHERE d.datname = pg_catalog.current_database())`;

const TABLES = `
  SELECT c.oid::text AS oid,
         pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS name
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't'
     AND n.nspname <> 'information_schema' AND n.nspname <> 'backstep_rescue'
     AND n.nspname !~ '^pg_' AND NOT (n.nspname = $1 AND c.relname = $2)`;

/** The table locks that each statement of one step takes beyond what its transaction holds already. */
export class StatementLocks {
  private readonly ofPlan: ReadonlySet<string>;
  /** Also of tables that are dropped by now. */
  private readonly names = new Map<string, string>();
  private readonly taken = new Map<number, string[]>();
  private held = new Map<string, number>();

  constructor(private readonly plan: Pick<Plan, 'steps' | 'tracking'>) {
    this.ofPlan = new Set(
      plan.steps.flatMap(({ statements }) =>
        statements.flatMap(({ hazards }) => hazards.flatMap(({ relation }) => relation ?? [])),
      ),
    );
  }

  /** Inside the transaction, right before a statement. */
  async before(client: pg.Client): Promise<void> {
    if (this.names.size === 0) await this.readNames(client, '');
    this.held = await strongest(client);
  }

  /** Inside the transaction, right after it. */
  async after(client: pg.Client, index: number): Promise<void> {
    const now = await strongest(client);
    const unknown = [...now.keys()].filter((oid) => !this.names.has(oid));
    if (unknown.length > 0) await this.readNames(client, ' AND c.oid = ANY ($3::oid[])', unknown);
    const found: { name: string; rank: number }[] = [];
    for (const [oid, rank] of now) {
      const name = this.names.get(oid);
      if (name === undefined || rank <= (this.held.get(oid) ?? -1)) continue;
      if (rank >= TELLING || this.ofPlan.has(name)) found.push({ name, rank });
    }
    found.sort((a, b) => b.rank - a.rank || (a.name < b.name ? -1 : 1));
    this.taken.set(
      index,
      found.map(({ name, rank }) => `${MODES[rank]?.[1]} on ${name}`),
    );
  }

  /** Undefined for a statement that ran outside of a transaction, or did not end well. */
  takenBy(index: number): string[] | undefined {
    return this.taken.get(index);
  }

  private async readNames(client: pg.Client, where: string, oids?: string[]): Promise<void> {
    const { schema, table } = this.plan.tracking;
    const values: unknown[] = [schema, table, ...(oids ? [oids] : [])];
    const { rows } = await client.query<{ oid: string; name: string }>(TABLES + where, values);
    for (const { oid, name } of rows) this.names.set(oid, name);
  }
}

/** By object id, the strongest mode that the session holds. */
async function strongest(client: pg.Client): Promise<Map<string, number>> {
  const { rows } = await client.query<Lock>(LOCKS);
  const held = new Map<string, number>();
  for (const { oid, mode } of rows) {
    held.set(oid, Math.max(held.get(oid) ?? -1, rankOf(mode)));
  }
  return held;
}
