import pg from 'pg';
import type { CatalogObject, CatalogSnapshot } from '@/lib/core/catalog';
import { DEPENDENTS_SQL, type DependentRow } from './dependents';
import { PRINTING, queryAll, setLocally } from './printing';
import { type PlannedQuery, QUERIES } from './queries';
import { assertWhole, changedMeanwhile, keyOf, type ObjectRow, toObject } from './read-objects';
import { readWhole, type SnapshotOptions, type WholeReading } from './snapshot-catalog';
import { type StampRow, Stamps, stampsSql } from './stamps';
import { printOids, type Units } from './units';

/** What is known of the schema since the last reading. */
interface Known {
  serverVersionNum: number;
  objects: Record<string, CatalogObject>;
  /** Keys of objects by unit: `relation 16390`. */
  keys: ReadonlyMap<string, readonly string[]>;
  stamps: Stamps;
  /** The oldest transaction that was running when it was read. */
  mark: string;
}

const PARTS = QUERIES.filter(({ partOf }) => partOf !== undefined);

const MARK = `SELECT (pg_catalog.txid_snapshot_xmin(pg_catalog.txid_current_snapshot())
  & 4294967295)::text AS mark`;

/** "prepared statement does not exist": somebody has discarded what the session had. */
const NOT_PREPARED = '26000';

/**
 * Reads one schema again and again. Each reading gives what `snapshotCatalog` would give, unless somebody has
 * altered one of PostgreSQL's own functions, operators or the like since the last `whole` one; yet it reads
 * anew only the relations and types that have changed since the one before, and those that print
 * something of them. Where what has changed can't be told relation by relation (functions, schemas,
 * roles, inheritance, anything renamed), the whole schema is read.
 *
 * The connection is outside of a transaction, nobody else uses it during a reading, and the prepared
 * statements on it are all ours.
 */
export class CatalogFollower {
  private known: Known | undefined;
  private version: number | undefined;

  constructor(
    private readonly client: pg.ClientBase,
    private readonly tracking: SnapshotOptions['tracking'],
  ) {}

  /** Gets ready for the first reading, which does the same otherwise. @throws what the server says */
  async prepare(): Promise<void> {
    await this.prepared();
  }

  /**
   * The whole schema, whatever was known before.
   * @throws as `snapshotCatalog`
   */
  async whole(): Promise<CatalogSnapshot> {
    this.known = undefined;
    const execute = await this.prepared();
    const { serverVersionNum, first, results } = await readWhole(
      this.client,
      { tracking: this.tracking, cluster: false, inside: false },
      // Before the objects: what changes while they are read shall be found the next time.
      [MARK, execute.stamps('3')],
    );
    const objects: Known['objects'] = {};
    const keys = new Map<string, string[]>();
    for (const { rows, partOf } of results) add(rows, partOf, objects, keys);
    const stamps = new Stamps(first[1]?.rows as StampRow[]);
    this.known = { serverVersionNum, objects, keys, stamps, mark: markIn(first[0]) };
    return { serverVersionNum, objects };
  }

  /**
   * The schema as it is now.
   * @throws as `snapshotCatalog`
   */
  async next(): Promise<CatalogSnapshot> {
    const { known } = this;
    if (!known) return this.whole();
    try {
      const now = await this.changed(known);
      if (now) {
        this.known = now;
        return { serverVersionNum: now.serverVersionNum, objects: now.objects };
      }
    } catch (error) {
      await this.client.query('ROLLBACK');
      const notPrepared = error instanceof pg.DatabaseError && error.code === NOT_PREPARED;
      if (!notPrepared && !changedMeanwhile(error)) throw error;
      if (notPrepared) this.version = undefined;
    }
    return this.whole();
  }

  /** @returns undefined when the whole has to be read; no transaction is open then */
  private async changed(known: Known): Promise<Known | undefined> {
    const execute = await this.prepared();
    const [, , mark, stamped] = await queryAll(
      this.client,
      [
        'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
        // Plans are made once, and without looking at what is asked for this time.
        setLocally({ ...PRINTING, plan_cache_mode: 'force_generic_plan' }),
        MARK,
        execute.stamps(known.mark),
      ].join(';\n'),
    );
    const stamps = new Stamps(stamped?.rows as StampRow[]);
    const now = { ...known, stamps, mark: markIn(mark) };
    const touched = stamps.since(known.stamps);
    const survives = (oid: number) => known.stamps.types.has(oid) && stamps.types.has(oid);
    // A type that was there and stays prints into whatever is of it.
    if (touched === null || [...touched.types].some(survives)) return this.giveUp();
    if (touched.relations.size + touched.types.size === 0) {
      await this.client.query('COMMIT');
      return now;
    }
    const [dependents] = await queryAll(this.client, execute.dependents(touched.relations));
    const units = withDependents(touched, dependents?.rows as DependentRow[]);
    if (!units) return this.giveUp();
    const asked = PARTS.map((part, place) => {
      const oids = part.partOf === 'type' ? units.types : units.relations;
      const found = part.listedBy === undefined || stamps.has(part.listedBy, oids);
      return found ? { part, sql: execute.part(place, oids) } : undefined;
    }).filter((one) => one !== undefined);
    const statements = [...asked.map(({ sql }) => sql), 'COMMIT'];
    const answers = await queryAll(this.client, statements.join(';\n'));
    const results = asked.map(({ part }, place) => ({
      rows: answers[place]?.rows as ObjectRow[],
      partOf: part.partOf,
    }));
    const merged = merge(known, units, results);
    return merged && { ...now, ...merged };
  }

  private async giveUp(): Promise<undefined> {
    await this.client.query('ROLLBACK');
  }

  /** Prepares what is asked again and again: to plan it takes longer than to run it. */
  private async prepared() {
    if (this.version === undefined) {
      const [shown] = await queryAll(
        this.client,
        "SELECT pg_catalog.current_setting('server_version_num')::int AS version",
      );
      const version = (shown?.rows[0] as { version: number } | undefined)?.version ?? 0;
      const scope = { version, tracking: this.tracking, readsPasswords: false };
      const statements: [string, string, string][] = [
        ['stamps', 'text', stampsSql(scope)],
        ['dependents', 'oid[]', DEPENDENTS_SQL],
        ...PARTS.map(({ query }, place): [string, string, string] => [
          `part_${place}`,
          'oid[]',
          `SELECT * FROM (${query(scope)}) parts WHERE parts.unit = ANY ($1)`,
        ]),
      ];
      await queryAll(
        this.client,
        [
          // Of an earlier attempt that was cut off.
          'DEALLOCATE ALL',
          'BEGIN READ ONLY',
          // The names in the queries are the catalogs' own.
          setLocally(PRINTING),
          ...statements.flatMap(([name, parameter, sql]) => [
            `PREPARE backstep_follow_${name} (${parameter}) AS ${named(name, sql)}`,
          ]),
          'COMMIT',
        ].join(';\n'),
      );
      this.version = version;
    }
    const run = (name: string, parameter: string) =>
      `EXECUTE backstep_follow_${name} (${pg.escapeLiteral(parameter)})`;
    return {
      stamps: (mark: string) => run('stamps', mark),
      dependents: (relations: ReadonlySet<number>) => run('dependents', printOids(relations)),
      part: (place: number, oids: ReadonlySet<number>) => run(`part_${place}`, printOids(oids)),
    };
  }
}

const named = (name: string, sql: string) =>
  name === 'stamps' ? `SELECT * FROM (${sql}) AS stamps (name, listed, relations, types)` : sql;

function markIn(answer: pg.QueryResult | undefined): string {
  const mark = (answer?.rows[0] as { mark: string } | undefined)?.mark;
  if (mark === undefined) throw new Error('The server did not tell its oldest transaction.');
  return mark;
}

/** undefined when something depends on them that is no unit's. */
function withDependents(touched: Units, dependents: readonly DependentRow[]): Units | undefined {
  const relations = new Set(touched.relations);
  const types = new Set(touched.types);
  for (const { relation, type } of dependents) {
    if (relation === null && type === null) return undefined;
    if (relation !== null) relations.add(relation);
    if (type !== null) types.add(type);
  }
  return { relations, types };
}

function add(
  rows: readonly ObjectRow[],
  partOf: PlannedQuery['partOf'],
  objects: Known['objects'],
  keys: Map<string, string[]>,
): void {
  for (const row of rows) {
    const key = keyOf(row);
    if (Object.hasOwn(objects, key)) throw new Error(`Two objects in the catalog are ${key}.`);
    const object = toObject(row);
    // It may be handed on for a whole run.
    Object.freeze(object.attributes);
    objects[key] = Object.freeze(object);
    if (partOf === undefined) continue;
    const unit = `${partOf} ${row.unit}`;
    const listed = keys.get(unit);
    if (listed) listed.push(key);
    else keys.set(unit, [key]);
  }
}

/** undefined when something has another name than before: then others may print it in another way. */
function merge(
  known: Known,
  units: Units,
  results: WholeReading['results'],
): Pick<Known, 'objects' | 'keys'> | undefined {
  const read: Known['objects'] = {};
  const readKeys = new Map<string, string[]>();
  for (const { rows, partOf } of results) {
    assertWhole(rows);
    add(rows, partOf, read, readKeys);
  }
  const keys = new Map(known.keys);
  const dropped = new Set<string>();
  for (const unit of unitNames(units)) {
    const had = known.keys.get(unit) ?? [];
    const has = readKeys.get(unit);
    if (has && renamed(objectsOf(known.objects, had), objectsOf(read, has))) return undefined;
    for (const key of had) dropped.add(key);
    if (has) keys.set(unit, has);
    else keys.delete(unit);
  }
  const objects: Known['objects'] = {};
  for (const key of Object.keys(known.objects)) {
    const object = known.objects[key];
    if (object && !dropped.has(key)) objects[key] = object;
  }
  for (const [key, object] of Object.entries(read)) {
    if (Object.hasOwn(objects, key)) return undefined;
    objects[key] = object;
  }
  return { objects, keys };
}

function* unitNames({ relations, types }: Units): Generator<string> {
  for (const oid of relations) yield `relation ${oid}`;
  for (const oid of types) yield `type ${oid}`;
}

const objectsOf = (objects: Known['objects'], keys: readonly string[]): CatalogObject[] =>
  keys.flatMap((key) => objects[key] ?? []);

/** Of a unit, by what stays when a name is changed: the object itself, and the number of a column. */
function renamed(had: readonly CatalogObject[], has: readonly CatalogObject[]): boolean {
  const before = namesOf(had);
  const after = namesOf(has);
  return [...before].some(([what, name]) => (after.get(what) ?? name) !== name);
}

const PARTS_OF_RELATIONS: ReadonlySet<CatalogObject['kind']> = new Set([
  'constraint',
  'index',
  'trigger',
  'rule',
  'policy',
  'statistics',
]);

function namesOf(objects: readonly CatalogObject[]): Map<string, string> {
  return new Map(
    objects
      .filter(({ kind }) => !PARTS_OF_RELATIONS.has(kind))
      .map(({ kind, name, position }) => [kind === 'column' ? `column ${position}` : 'self', name]),
  );
}
