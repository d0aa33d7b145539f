import type { CatalogKind, CatalogObject, CatalogSnapshot, SchemaChange } from '@/lib/core/catalog';
import { localName } from './describe-object';
import { schemaOf } from './schema-of';

/** Text of PostgreSQL's that can be parsed and printed once more, apart from the object it is about. */
export interface Wording {
  /** The names of the attributes that say it. */
  attributes: readonly string[];
  /** Statements that re-create it in temporary objects; the last gives the text as `printed`. */
  recreate(text: string): string;
  /** Undoes in printed text what `recreate` had to change: the names of the temporary objects. */
  read(printed: string): string;
}

const TEMPORARY = 'backstep_wording';

const same = (printed: string) => printed;

/**
 * How the text attributes of a changed object can be printed once more. Temporary tables have the name
 * and columns of the real one, which is neither locked nor changed.
 */
export function wordingsOf(
  change: SchemaChange,
  before: CatalogSnapshot,
  after: CatalogSnapshot,
): Wording[] {
  const object = after.objects[`${change.kind} ${change.name}`];
  const old = before.objects[`${change.kind} ${change.name}`];
  if (!object || !old) return [];
  const { kind, parent } = object;
  const typeOfParent = parent === undefined ? undefined : after.objects[`type ${parent}`];
  if (kind === 'constraint' && typeOfParent) return domainCheck(typeOfParent);
  if (kind === 'type') return domainDefault(object);
  if (kind === 'view' || kind === 'materialized_view') return [VIEW];
  if (kind === 'table') return partitionKey(object);
  if (kind === 'function') return routine(object);
  const ofTable = parent === undefined ? undefined : ON_TABLE[kind];
  return ofTable && parent !== undefined ? ofTable(object, temporaryTable(parent)) : [];
}

interface TemporaryTable {
  real: string;
  /** `pg_temp.rooms` */
  name: string;
  create: string;
  /** Matches its name as PostgreSQL prints it. */
  pattern: string;
}

function temporaryTable(real: string): TemporaryTable {
  const own = real.slice(schemaOf(real).length);
  const name = `pg_temp.${own}`;
  return {
    real,
    name,
    create: `CREATE TEMPORARY TABLE ${own} (LIKE ${real})`,
    pattern: `pg_temp(?:_\\d+)?\\.${escaped(own)}`,
  };
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const literal = (name: string) => `'${name.replaceAll("'", "''")}'`;

type OnTable = (object: CatalogObject, table: TemporaryTable) => Wording[];

const ON_TABLE: Partial<Record<CatalogKind, OnTable>> = {
  constraint: (_object, table) => [
    {
      attributes: ['definition'],
      recreate: (text) => `${table.create};
        ALTER TABLE ${table.name} ADD CONSTRAINT ${TEMPORARY} ${text};
        SELECT pg_get_constraintdef(oid) AS printed FROM pg_constraint
        WHERE conrelid = ${literal(table.name)}::regclass AND conname = '${TEMPORARY}'`,
      read: same,
    },
  ],
  column: (object, table) => [
    {
      attributes: ['default'],
      recreate: (text) => `${table.create};
        ALTER TABLE ${table.name} ALTER ${localName(object)} SET DEFAULT ${text};
        SELECT pg_get_expr(adbin, adrelid) AS printed FROM pg_attrdef
        WHERE adrelid = ${literal(table.name)}::regclass`,
      read: same,
    },
    {
      attributes: ['generated'],
      recreate: (text) => {
        const [, expression = '', form = ''] = /^(.*) (STORED|VIRTUAL)$/s.exec(text) ?? [];
        return `${table.create};
        ALTER TABLE ${table.name} ADD ${TEMPORARY} ${object.attributes.type}
          GENERATED ALWAYS AS (${expression}) ${form};
        SELECT pg_get_expr(adbin, adrelid) || ' ${form}' AS printed FROM pg_attrdef
        WHERE adrelid = ${literal(table.name)}::regclass`;
      },
      read: same,
    },
  ],
  policy: (_object, table) =>
    (
      [
        ['using', 'USING', 'polqual'],
        ['with check', 'WITH CHECK', 'polwithcheck'],
      ] as const
    ).map(([attribute, clause, column]) => ({
      attributes: [attribute],
      recreate: (text: string) => `${table.create};
        CREATE POLICY ${TEMPORARY} ON ${table.name} ${clause} (${text});
        SELECT pg_get_expr(${column}, polrelid) AS printed FROM pg_policy
        WHERE polrelid = ${literal(table.name)}::regclass`,
      read: same,
    })),
  index: ({ name }, table) => {
    const own = `pg_temp.${name.slice(schemaOf(name).length)}`;
    return moved(
      table,
      [' ON ', ' USING '],
      `SELECT pg_get_indexdef(${literal(own)}::regclass) AS printed`,
    );
  },
  statistics,
  trigger: (_object, table) =>
    moved(
      table,
      [' ON ', ' '],
      `SELECT pg_get_triggerdef(oid) AS printed FROM pg_trigger
        WHERE tgrelid = ${literal(table.name)}::regclass AND NOT tgisinternal`,
    ),
  rule: (_object, table) =>
    moved(
      table,
      [' TO ', ''],
      `SELECT pg_get_ruledef(oid) AS printed FROM pg_rewrite
        WHERE ev_class = ${literal(table.name)}::regclass`,
    ),
};

/** Both texts are printed of the same table, so that the order of its columns is no difference. */
function statistics({ name }: CatalogObject, table: TemporaryTable): Wording[] {
  const own = name.slice(schemaOf(name).length);
  const head = `CREATE STATISTICS ${name} `;
  const tail = ` FROM ${table.real}`;
  const printed = new RegExp(
    `^CREATE STATISTICS \\S+?\\.${escaped(own)} (.*) FROM ${table.pattern}$`,
    's',
  );
  return [
    {
      attributes: ['definition'],
      recreate: (text) => {
        if (!text.startsWith(head) || !text.endsWith(tail)) throw new UnknownForm(text);
        return `${table.create};
          CREATE STATISTICS pg_temp.${own} ${text.slice(head.length, -tail.length)} FROM ${table.name};
          SELECT pg_get_statisticsobjdef(oid) AS printed FROM pg_statistic_ext
          WHERE stxrelid = ${literal(table.name)}::regclass`;
      },
      read: (text) => text.replace(printed, (_all, what: string) => `${head}${what}${tail}`),
    },
  ];
}

/** A whole statement that names its table once between these words, and is run on the temporary one. */
function moved(
  table: TemporaryTable,
  [before, behind]: [string, string],
  print: string,
): Wording[] {
  const real = `${before}${table.real}${behind}`;
  const printed = new RegExp(`${before}${table.pattern}${behind}`);
  return [
    {
      attributes: ['definition'],
      recreate: (text) => {
        // Of an index on a partitioned table; the temporary one has no partitions.
        const plain = text.replace(`${before}ONLY ${table.real}${behind}`, () => real);
        const statement = plain.replace(real, () => `${before}${table.name}${behind}`);
        // Otherwise the statement would be run on the real table.
        if (statement === plain) throw new UnknownForm(text);
        return `${table.create}; ${statement}; ${print}`;
      },
      read: (text) => text.replace(printed, () => real),
    },
  ];
}

/** PostgreSQL printed something in a form that we don't know how to re-create. */
export class UnknownForm extends Error {
  override readonly name = 'UnknownForm';
}

const VIEW: Wording = {
  attributes: ['definition'],
  recreate: (text) => `CREATE TEMPORARY VIEW ${TEMPORARY} AS ${text.replace(/;$/, '')};
    SELECT pg_get_viewdef('pg_temp.${TEMPORARY}'::regclass) AS printed`,
  read: same,
};

function domainCheck({ attributes }: CatalogObject): Wording[] {
  return [
    {
      attributes: ['definition'],
      recreate: (text) => `CREATE DOMAIN pg_temp.${TEMPORARY} AS ${attributes.base_type};
        ALTER DOMAIN pg_temp.${TEMPORARY} ADD CONSTRAINT ${TEMPORARY} ${text};
        SELECT pg_get_constraintdef(oid) AS printed FROM pg_constraint
        WHERE contypid = 'pg_temp.${TEMPORARY}'::regtype AND conname = '${TEMPORARY}'`,
      read: same,
    },
  ];
}

function domainDefault({ attributes }: CatalogObject): Wording[] {
  if (attributes.form !== 'domain') return [];
  return [
    {
      attributes: ['default'],
      recreate: (
        text,
      ) => `CREATE DOMAIN pg_temp.${TEMPORARY} AS ${attributes.base_type} DEFAULT ${text};
        SELECT typdefault AS printed FROM pg_type WHERE oid = 'pg_temp.${TEMPORARY}'::regtype`,
      read: same,
    },
  ];
}

/** The key of a partitioned table. Bounds are constants, which have one form only. */
function partitionKey({ name }: CatalogObject): Wording[] {
  const own = temporaryTable(name);
  return [
    {
      attributes: ['partition by'],
      recreate: (text) => `${own.create} PARTITION BY ${text};
        SELECT pg_get_partkeydef(${literal(own.name)}::regclass) AS printed`,
      read: same,
    },
  ];
}

/** Defaults of arguments, and bodies that PostgreSQL keeps parsed. */
function routine({ name, attributes }: CatalogObject): Wording[] {
  if (attributes.form === 'aggregate') return [];
  const full = /^(?:(?:"(?:[^"]|"")*"|[^"(.]+)\.)?(?:"(?:[^"]|"")*"|[^"(]+)(?=\()/.exec(name)?.[0];
  if (full === undefined) return [];
  const own = full.slice(schemaOf(full).length);
  const printed = new RegExp(`pg_temp(?:_\\d+)?\\.${escaped(own)}\\(`);
  return [
    {
      attributes: ['definition', 'arguments'],
      recreate: (text) => {
        const statement = text.replace(`${full}(`, () => `pg_temp.${own}(`);
        if (statement === text) throw new UnknownForm(text);
        return `SELECT set_config('check_function_bodies', 'off', true); ${statement};
          SELECT pg_get_functiondef(oid) AS printed FROM pg_proc WHERE pronamespace = pg_my_temp_schema()`;
      },
      read: (text) => text.replace(printed, () => `${full}(`),
    },
  ];
}
