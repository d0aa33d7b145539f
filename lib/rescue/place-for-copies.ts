import type pg from 'pg';
import { BackstepError } from '@/lib/core/errors';
import { RESCUE_SCHEMA } from '@/lib/core/rescue-schema';
import { SQLSTATE, sqlstateOf } from '@/lib/target/sqlstate';
import { type CopyFacts, readFacts } from './facts';
import { MAY_NOT_MAKE, PUBLISHED } from './why-no-copy';

export interface PlaceForCopies {
  /** Name of the next copy: `backstep_rescue.rb_0007_s1_3`. */
  next: string;
  /** What all copies of the rollback take. */
  taken: number;
  /** The newest copy of the step, where this transaction has made it. */
  newest: { copy: string; facts: CopyFacts; bytes: number } | undefined;
}

const READY = `
SELECT n.oid IS NOT NULL AS present,
  EXISTS (SELECT FROM pg_catalog.pg_publication WHERE puballtables) AS published,
  coalesce(max(pg_catalog.substr(c.relname, pg_catalog.length($2) + 1)::int)
    FILTER (WHERE c.relname ~ ('^' || $2 || '[0-9]{1,8}$')), 0) AS last,
  coalesce(sum(pg_catalog.pg_total_relation_size(c.oid))
    FILTER (WHERE pg_catalog.starts_with(c.relname, $3)), 0)::float8 AS taken
FROM (SELECT 1) AS one
LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = $1
LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relkind = 'r'
GROUP BY n.oid`;

/** Makes the schema where it lacks, and finds the next free name: a resumed step goes on counting. */
export async function readyToCopy(
  client: pg.Client,
  rollback: string,
  position: number,
): Promise<PlaceForCopies> {
  const label = rollback.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_');
  const prefix = `${label}_s${position + 1}_`;
  const { rows } = await client.query<{
    present: boolean;
    published: boolean;
    last: number;
    taken: number;
  }>(READY, [RESCUE_SCHEMA, prefix, `${label}_`]);
  const [found] = rows;
  if (!found) throw new Error('The server did not tell what is in the rescue schema.');
  if (found.published) throw new BackstepError('refused', PUBLISHED);
  if (!found.present) {
    await createSchema(client);
    await client.query(`REVOKE ALL ON SCHEMA ${RESCUE_SCHEMA} FROM PUBLIC`);
  }
  const named = (number: number) => `${RESCUE_SCHEMA}.${prefix}${number}`;
  return {
    next: named(found.last + 1),
    taken: found.taken,
    newest: found.last === 0 ? undefined : await newestCopy(client, named(found.last)),
  };
}

async function newestCopy(client: pg.Client, copy: string): Promise<PlaceForCopies['newest']> {
  const { rows } = await client.query<{ comment: string | null; bytes: number }>(
    `SELECT pg_catalog.obj_description(c.oid, 'pg_class') AS comment,
       pg_catalog.pg_total_relation_size(c.oid)::float8 AS bytes
     FROM pg_catalog.pg_class c
     WHERE c.oid = pg_catalog.to_regclass($1)
       AND c.xmin::text = (pg_catalog.txid_current() % 4294967296)::text`,
    [copy],
  );
  const facts = readFacts(rows[0]?.comment ?? null);
  return facts && { copy, facts, bytes: rows[0]?.bytes ?? 0 };
}

async function createSchema(client: pg.Client): Promise<void> {
  try {
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${RESCUE_SCHEMA}`);
  } catch (cause) {
    if (sqlstateOf(cause) !== SQLSTATE.insufficientPrivilege) throw cause;
    throw new BackstepError('refused', MAY_NOT_MAKE, { cause });
  }
}

/** Takes away rights that the owner's default privileges gave to others. */
export async function settle(
  client: pg.Client,
  copy: string,
): Promise<{ bytes: number; createdAt: string }> {
  const { rows } = await client.query<{ bytes: number; at: number; others: string[] }>(
    `SELECT pg_catalog.pg_total_relation_size(c.oid)::float8 AS bytes,
       (extract(epoch FROM pg_catalog.statement_timestamp()) * 1000)::float8 AS at,
       ARRAY(SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC'
           ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END
         FROM pg_catalog.aclexplode(c.relacl) a WHERE a.grantee <> c.relowner) AS others
     FROM pg_catalog.pg_class c WHERE c.oid = $1::pg_catalog.regclass`,
    [copy],
  );
  const [found] = rows;
  if (!found) throw new Error(`The copy ${copy} is gone right after it was made.`);
  if (found.others.length > 0)
    await client.query(`REVOKE ALL ON TABLE ${copy} FROM ${found.others.join(', ')}`);
  return { bytes: found.bytes, createdAt: new Date(found.at).toISOString() };
}
