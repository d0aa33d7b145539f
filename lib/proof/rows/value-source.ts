import { baseOf, type ColumnRules, type RowRules, type TypeRules } from './row-rules';
import { scalarValue, uniqueNumber, type Variant } from './scalar-values';
import { contentOf, type TextContent, textValue } from './text-values';

/** Types whose values are any text. */
const TEXTS = new Set(['text', 'varchar', 'bpchar', 'name', 'char', 'citext', 'refcursor']);

/** The longest value of a text type; null when there is no limit. */
export function textLimit(type: TypeRules, modifier: number): number | null {
  if (type.name === 'char') return 1;
  if (type.name === 'name') return 20;
  if (type.name === 'bpchar' && modifier < 5) return 1;
  return modifier >= 5 ? modifier - 4 : null;
}

export function isText(type: TypeRules | undefined): boolean {
  return type?.kind === 'base' && TEXTS.has(type.name);
}

/** Values of any type as text, as its input function takes them. */
export class ValueSource {
  /**
   * @param rules the types
   * @param allowed values that satisfy the conditions of a domain, or of a type of unknown form
   */
  constructor(
    private readonly rules: RowRules,
    readonly allowed: ReadonlyMap<number, readonly string[]> = new Map(),
  ) {}

  /** Whether a column takes any text, and no condition of a domain limits it. */
  takesText(column: { type: number; modifier: number }): boolean {
    if (this.allowed.has(column.type)) return false;
    return isText(baseOf(this.rules, column.type, column.modifier).type);
  }

  /** One value; null when none is known for the type. */
  valueOf(
    typeId: number,
    modifier: number,
    variant: Variant,
    content: TextContent = 'words',
  ): string | null {
    const allowed = this.allowed.get(typeId);
    if (allowed?.length) return allowed[(variant.row + variant.salt) % allowed.length] ?? null;
    const { type, modifier: limits } = baseOf(this.rules, typeId, modifier);
    const inner = this.rules.types.get(typeId)?.base;
    if (inner && this.allowed.has(inner.type)) {
      return this.valueOf(inner.type, limits, variant, content);
    }
    if (!type) return null;
    if (isText(type)) return textValue(content, textLimit(type, limits), variant);
    if (type.element !== null && type.name !== 'int2vector' && type.name !== 'oidvector') {
      return this.array(type.element, limits, variant, content);
    }
    switch (type.kind) {
      case 'enum':
        return label(type.labels, variant);
      case 'composite':
        return this.record(type, variant);
      case 'range':
        return this.range(type, variant);
      case 'multirange':
        return `{${this.range(type, variant)}}`;
      default:
        return scalarValue(type, limits, variant);
    }
  }

  /** One value for a column, as it has to be made to fit later on as well. */
  columnValue(
    column: ColumnRules,
    others: readonly ColumnRules[],
    variant: Variant,
  ): string | null {
    if (column.only?.length) return column.only[variant.row % column.only.length] ?? null;
    const made = column.madeAs ?? column;
    const content = contentOf(column, others);
    if (column.madeAs && this.takesText(column)) {
      const later = baseOf(this.rules, made.type, made.modifier).type;
      const { type, modifier } = baseOf(this.rules, column.type, column.modifier);
      const written = later?.builtIn ? writtenAs(later.name, content) : null;
      if (type && written) return textValue(written, textLimit(type, modifier), variant);
    }
    return this.valueOf(made.type, made.modifier, variant, content);
  }

  private array(element: number, modifier: number, variant: Variant, content: TextContent): string {
    if (!variant.plain && variant.row % 3 === 1) return '{}';
    const other = { ...variant, row: variant.row + 3 };
    const { type } = baseOf(this.rules, element, modifier);
    const inner: TextContent = isText(type) && content === 'id' ? 'id' : 'words';
    const values = [variant, other].map((one) => this.valueOf(element, modifier, one, inner));
    // A domain may refuse the null that a plain type takes.
    const withNull = variant.row % 3 === 2 && this.rules.types.get(element)?.kind !== 'domain';
    const items = variant.plain ? values.slice(0, 1) : withNull ? [...values, null] : values;
    return `{${items.map(quotedItem).join(type?.name === 'box' ? ';' : ',')}}`;
  }

  private record(type: TypeRules, variant: Variant): string {
    const values = type.fields.map((field) => this.valueOf(field.type, field.modifier, variant));
    return `(${values.map((value) => (value === null ? '' : quotedField(value))).join(',')})`;
  }

  /** Ranges of different rows do not overlap. */
  private range(type: TypeRules, variant: Variant): string {
    const { type: bound } = baseOf(this.rules, type.bound ?? 0, -1);
    const from = uniqueNumber(variant) * 4;
    const ends = [boundAt(bound, from), boundAt(bound, from + 3)];
    if (ends[0] === null || ends[1] === null) return 'empty';
    return `["${ends[0]}","${ends[1]}")`;
  }
}

/** How an application writes values of a type into a text. */
function writtenAs(type: string, content: TextContent): TextContent | null {
  if (/^timestamp/.test(type)) return content === 'server time' ? content : 'time';
  if (/^jsonb?$/.test(type)) return content === 'list' ? content : 'object';
  return null;
}

/** The newest values of an enum by turns with the oldest: what a migration adds is among them. */
function label(labels: readonly string[], { row }: Variant): string | null {
  if (labels.length === 0) return null;
  const half = Math.floor(row / 2) % labels.length;
  const at = row % 2 === 0 ? half : labels.length - 1 - half;
  return labels[at] ?? null;
}

function quotedItem(value: string | null): string {
  return value === null ? 'NULL' : `"${value.replace(/["\\]/g, '\\$&')}"`;
}

function quotedField(value: string): string {
  return `"${value.replace(/["\\]/g, '$&$&')}"`;
}

/** A value that grows with `at`, for the ends of a range; null for a type that is not known. */
function boundAt(type: TypeRules | undefined, at: number): string | null {
  const day = (days: number) => new Date(Date.UTC(2024, 0, 1 + days)).toISOString().slice(0, 10);
  switch (type?.builtIn ? type.name : '') {
    case 'int2':
      return String(at % 32_000);
    case 'int4':
    case 'int8':
      return String(at);
    case 'numeric':
    case 'float4':
    case 'float8':
      return `${at}.5`;
    case 'date':
      return day(at % 100_000);
    case 'timestamp':
      return `${day(at % 100_000)} 10:00:00.000001`;
    case 'timestamptz':
      return `${day(at % 100_000)} 10:00:00.000001+00`;
    case 'text':
    case 'varchar':
      return `k${String(at).padStart(9, '0')}`;
    default:
      return null;
  }
}
