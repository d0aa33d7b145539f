import type { SchemaChange } from '@/lib/core/catalog';
import type { RelationNames } from '@/lib/sql/relation-names';
import type { LossLedger } from './loss-ledger';
import { partsOf } from './quoted-name';
import type { SchemaSoFar, Standing } from './schema-so-far';

/** Takes relations and columns out of the schema as it stands, and puts into the ledger what they hold. */
export class Removals {
  constructor(
    private readonly schema: SchemaSoFar,
    private readonly ledger: LossLedger,
  ) {}

  relation(position: number, standing: Standing): void {
    this.schema.drop(standing);
    if (standing.live) this.ledger.addRelation(position, standing.live);
  }

  column(position: number, standing: Standing, name: string, names: RelationNames): void {
    const column = standing.columns.get(name);
    standing.columns.delete(name);
    const { live } = standing;
    if (!column || !live) return;
    this.schema.forget('table column', `${live.qualified}.${names.quote(column.name)}`);
    if (live.kind === 'r' || live.kind === 'p') {
      this.ledger.add({ kind: 'column', position, relation: live, column });
    }
  }

  /** What the rehearsal saw and the statements did not tell, as drops in a DO block or by CASCADE. */
  settle(position: number, changes: readonly SchemaChange[], names: RelationNames): void {
    const owners = new Set<string>();
    for (const { change, kind, name, parent } of changes) {
      const [schema = '', relation = '', part] = partsOf(name);
      if (change === 'added' && LIKE_TABLES.has(kind)) this.schema.create(schema, relation);
      if (change !== 'removed') continue;
      if (kind === 'column') owners.add(parent ?? '');
      const type = IDENTIFIED[kind];
      if (type !== undefined && kind !== 'column') this.schema.forget(type, name);
      if (PARTS.has(kind) && parent !== undefined)
        this.schema.forget(
          kind === 'constraint' ? 'table constraint' : kind,
          `${name.slice(parent.length + 1)} on ${parent}`,
        );
      const standing = this.schema.exact(schema, relation);
      if (!standing) continue;
      if (
        kind === 'sequence' &&
        parent !== undefined &&
        (owners.has(parent) || this.isGone(parent))
      )
        continue;
      if (kind === 'column') this.column(position, standing, part ?? '', names);
      else if (LIKE_TABLES.has(kind)) this.relation(position, standing);
    }
    for (const { change, kind, name } of changes) {
      const [schema = '', relation = '', part = ''] = partsOf(name);
      if (change !== 'added' || kind !== 'column') continue;
      const standing = this.schema.exact(schema, relation);
      if (standing && !standing.columns.has(part)) standing.columns.set(part, undefined);
    }
  }

  private isGone(qualified: string): boolean {
    const [schema = '', name = ''] = partsOf(qualified);
    return this.schema.exact(schema, name) === undefined;
  }
}

const LIKE_TABLES: ReadonlySet<string> = new Set([
  'table',
  'materialized_view',
  'view',
  'sequence',
]);
const PARTS: ReadonlySet<string> = new Set(['constraint', 'trigger', 'policy', 'rule']);

/** What `pg_identify_object` calls them. */
const IDENTIFIED: Partial<Record<SchemaChange['kind'], string>> = {
  table: 'table',
  view: 'view',
  materialized_view: 'materialized view',
  sequence: 'sequence',
  foreign_table: 'foreign table',
  function: 'function',
  type: 'type',
};
