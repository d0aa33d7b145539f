import pg from 'pg';
import { BackstepError } from '@/lib/core/errors';
import { printExactly, setLocally } from './exact-texts';
import { type CopyFacts, factsComment } from './facts';
import type { WayBack } from './merge-sql';
import { namesBefore, readRenames } from './names-before';
import { readyToCopy, settle } from './place-for-copies';
import type { RescuedCopy, RescueSession } from './rescued-copy';
import type { Column, Table } from './table-shape';

/** A copy that is to be made. */
export interface CopyOrder {
  kind: RescuedCopy['kind'];
  subject: string;
  table: Table;
  columns: readonly Column[];
  /** Those among the columns that tell the rows apart; undefined where nothing does. */
  key: readonly Column[] | undefined;
  /** What stands after FROM; the table is called `source` there. */
  source: string;
  mergeSql(way: WayBack): string;
}

const MB = 1024 * 1024;
/** A tuple's header and its place in the page. */
const ROW_OVERHEAD = 28;

/**
 * Makes one copy, with its facts as a comment. Statement after statement of the same kind goes on with the same
 * copy: a thousand UPDATEs of one table must not make a thousand tables. Nothing is left of a copy without rows.
 * @throws BackstepError `refused`, and what the server refuses; the caller's transaction is undone with it
 */
export async function makeCopy(
  session: RescueSession,
  order: CopyOrder,
): Promise<RescuedCopy | undefined> {
  const { client, rollback, position, statement, limitBytes } = session;
  const { kind, subject, table } = order;
  if (table.hidesRows) throw hidden(table);
  const place = await readyToCopy(client, rollback, position);
  const select = `SELECT ${order.columns.map(selected).join(', ')} FROM ${order.source}`;
  const expected = place.taken + Math.min(await estimate(client, select), table.bytes);
  if (expected > limitBytes) throw tooLarge(session, subject, expected, 'about ');
  const names = namesBefore(table, await readRenames(session.earlier?.() ?? []));
  const shape = order.columns.map(({ quoted, type }) => `${quoted} ${type}`).join(', ');
  const { newest } = place;
  const begun =
    newest &&
    order.key &&
    newest.facts.shape === shape &&
    newest.facts.subject === subject &&
    newest.facts.mergeSql === order.mergeSql({ table, copy: newest.copy, names })
      ? newest
      : undefined;
  const copy = begun?.copy ?? place.next;
  const added = await fill(
    client,
    order,
    begun ? moreSql(copy, select, order.key ?? []) : `CREATE TABLE ${copy} AS ${select}`,
  );
  if (added === 0) {
    if (!begun) await client.query(`DROP TABLE ${copy}`);
    return undefined;
  }
  const rows = (begun?.facts.rows ?? 0) + added;
  const mergeSql = order.mergeSql({ table, copy, names });
  const { bytes, createdAt } = await settle(client, copy);
  const taken = place.taken + bytes - (begun?.bytes ?? 0);
  if (taken > limitBytes) throw tooLarge(session, subject, taken, '');
  const facts: CopyFacts = {
    ...{ rollback, position, statementIndex: statement.index, createdAt },
    ...begun?.facts,
    ...{ kind, subject, shape, rows, mergeSql },
  };
  await client.query(`COMMENT ON TABLE ${copy} IS ${pg.escapeLiteral(factsComment(facts))}`);
  return { kind, subject, copy, rows, bytes, mergeSql };
}

/** @returns how many rows were copied */
async function fill(client: pg.Client, order: CopyOrder, sql: string): Promise<number> {
  const printing = order.columns.some(({ asText }) => asText) ? await printExactly(client) : [];
  const result = await client.query(sql);
  for (const { name, setting } of printing) await setLocally(client, name, setting);
  return result.rowCount ?? 0;
}

/** Of a row that is in the copy already, what was copied first is what it was before the rollback. */
function moreSql(copy: string, select: string, key: readonly Column[]): string {
  const same = key.map(({ quoted }) => `saved.${quoted} = more.${quoted}`).join(' AND ');
  return `INSERT INTO ${copy} SELECT more.* FROM (\n${select}\n) AS more
    WHERE NOT EXISTS (SELECT FROM ${copy} AS saved WHERE ${same})`;
}

function hidden(table: Table): BackstepError {
  return new BackstepError(
    'refused',
    `Row-level security hides rows of ${table.qualified} from the role of the run, so its copy would lack them. Give the role BYPASSRLS, or run without a rescue copy.`,
  );
}

function selected({ quoted, asText, ownCollation }: Column): string {
  if (asText) return `source.${quoted}::text AS ${quoted}`;
  if (ownCollation) return `source.${quoted} COLLATE pg_catalog."default" AS ${quoted}`;
  return `source.${quoted}`;
}

/** What the planner expects; it is asked, nothing is read. */
async function estimate(client: pg.Client, select: string): Promise<number> {
  const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Record<string, unknown> }] }>(
    `EXPLAIN (FORMAT JSON) ${select}`,
  );
  const plan = rows[0]?.['QUERY PLAN'][0].Plan;
  return Number(plan?.['Plan Rows'] ?? 0) * (Number(plan?.['Plan Width'] ?? 0) + ROW_OVERHEAD);
}

function tooLarge(
  { limitBytes }: RescueSession,
  subject: string,
  bytes: number,
  about: string,
): BackstepError {
  const mb = (value: number) => Math.ceil(value / MB).toLocaleString('en-US');
  return new BackstepError(
    'refused',
    `With the ${subject}, the rescue copies would take ${about}${mb(bytes)} MB, and rescue_max_mb allows ${mb(limitBytes)}. Raise rescue_max_mb in the policy, or run without a rescue copy.`,
    { details: { subject, bytes: Math.round(bytes), limitBytes } },
  );
}
