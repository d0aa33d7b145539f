import type { CatalogKind, CatalogObject, CatalogSnapshot } from '@/lib/core/catalog';
import type { TouchedTable } from '@/lib/core/views';
import { columnDefinition, localName } from './describe-object';
import { schemaOf } from './schema-of';

const RELATIONS: readonly CatalogKind[] = ['table', 'view', 'materialized_view', 'foreign_table'];

/**
 * One relation as a person looks at it, as `\d` of psql would show it.
 * @param name qualified and quoted as in the snapshot: `public.rooms`
 */
export function describeTable(snapshot: CatalogSnapshot, name: string): TouchedTable {
  const exists = RELATIONS.some((kind) => Object.hasOwn(snapshot.objects, `${kind} ${name}`));
  const parts = exists
    ? Object.values(snapshot.objects).filter((object) => object.parent === name)
    : [];
  const of = (kind: CatalogKind) => parts.filter((object) => object.kind === kind);
  return {
    name,
    exists,
    columns: of('column')
      .sort((a, b) => (a.position ?? 0) - (b.position ?? 0))
      .map((column) => ({
        name: localName(column),
        definition: columnDefinition(column.attributes),
      })),
    indexes: of('index')
      .sort(byName)
      .map((index) => ({
        name: withoutSchema(index, name),
        definition: indexDefinition(index),
      })),
    constraints: of('constraint')
      .sort(byName)
      .map((constraint) => ({
        name: localName(constraint),
        definition: String(constraint.attributes.definition ?? ''),
      })),
  };
}

const byName = (a: CatalogObject, b: CatalogObject) => (a.name < b.name ? -1 : 1);

/** An index lives in its table's schema; both are printed with it. */
function withoutSchema(index: CatalogObject, table: string): string {
  const schema = schemaOf(table);
  return index.name.startsWith(schema) ? index.name.slice(schema.length) : index.name;
}

/** `UNIQUE btree (name) WHERE …`: what is left without the names, which the reader has. */
function indexDefinition(index: CatalogObject): string {
  const definition = String(index.attributes.definition ?? '');
  const unique = definition.startsWith('CREATE UNIQUE ') ? 'UNIQUE ' : '';
  const own = index.name.slice(schemaOf(index.name).length);
  for (const only of ['', 'ONLY ']) {
    const head = `CREATE ${unique}INDEX ${own} ON ${only}${index.parent} USING `;
    if (definition.startsWith(head)) return `${unique}${definition.slice(head.length)}`;
  }
  return definition;
}
