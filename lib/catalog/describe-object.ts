import type { CatalogObject } from '@/lib/core/catalog';

type Attributes = CatalogObject['attributes'];

/** An object's own name, without its table's or schema's. */
export function localName({ name, parent }: CatalogObject): string {
  if (parent !== undefined && name.startsWith(`${parent}.`)) return name.slice(parent.length + 1);
  return name;
}

/** One line that tells a person what the object is: `due_date timestamp with time zone NOT NULL`. */
export function describeObject(object: CatalogObject): string {
  const { kind, attributes } = object;
  const own = localName(object);
  switch (kind) {
    case 'column':
      return `${own} ${columnDefinition(attributes)}`;
    case 'constraint':
      return `${own} ${text(attributes.definition)}`;
    case 'index':
    case 'trigger':
    case 'rule':
    case 'statistics':
      return text(attributes.definition).replace(/^CREATE /, '');
    case 'table':
      return words(
        [attributes.unlogged && 'unlogged', 'table', own],
        [attributes.partition_by, 'PARTITION BY'],
        [attributes.inherits, attributes.partition_bound ? 'PARTITION OF' : 'INHERITS'],
        [attributes.partition_bound, ''],
      );
    case 'type':
      return `${own} ${typeDefinition(attributes)}`;
    case 'sequence':
      return words(
        ['sequence', own, `AS ${text(attributes.type)}`],
        [attributes.owned_by, 'OWNED BY'],
      );
    case 'function':
      return words([text(attributes.form), own], [attributes.result, 'returns']);
    case 'policy':
      return words(
        ['policy', own, `FOR ${text(attributes.command)} TO ${text(attributes.roles)}`],
        [attributes.using, 'USING'],
        [attributes.with_check, 'WITH CHECK'],
      );
    case 'extension':
      return `extension ${own} ${text(attributes.version)}`;
    case 'default_acl':
      return `default rights on ${own}: ${text(attributes.grants)}`;
    case 'setting':
      return `setting ${own} = ${text(attributes.value)}`;
    case 'security_label':
      return `security label ${own}: ${text(attributes.label)}`;
    default:
      return `${kind.replaceAll('_', ' ')} ${own}`;
  }
}

/** A column without its name: `integer NOT NULL DEFAULT 0`. */
export function columnDefinition(attributes: Attributes): string {
  const { identity, generated } = attributes;
  return words(
    [text(attributes.type)],
    [attributes.collation, 'COLLATE'],
    [attributes.not_null === true ? 'NOT NULL' : null, ''],
    [attributes.default, 'DEFAULT'],
    [identity ? `GENERATED ${text(identity).toUpperCase()} AS IDENTITY` : null, ''],
    [generated ? `GENERATED ALWAYS AS (${text(generated).replace(/ (\w+)$/, ') $1')}` : null, ''],
  );
}

function typeDefinition(attributes: Attributes): string {
  const form = text(attributes.form);
  switch (form) {
    case 'enum':
      return `enum (${text(attributes.labels)})`;
    case 'composite':
      return `(${text(attributes.attributes)})`;
    case 'domain':
      return words(
        ['domain over', text(attributes.base_type)],
        [attributes.not_null === true ? 'NOT NULL' : null, ''],
        [attributes.default, 'DEFAULT'],
      );
    case 'range':
      return `range of ${text(attributes.subtype)}`;
    default:
      return `${form} type`;
  }
}

type Value = string | number | boolean | null | undefined;

const text = (value: Value): string => (value === null || value === undefined ? '' : String(value));

/** The first words as they are; then each clause whose value is there, with its word in front. */
function words(first: Value[], ...clauses: [Value, string][]): string {
  const kept = first.filter(Boolean);
  for (const [value, word] of clauses) {
    if (value === null || value === undefined || value === '') continue;
    if (word) kept.push(word);
    kept.push(value);
  }
  return kept.join(' ');
}
