import { scalarValue, tagOf, uniqueNumber, uuid, type Variant } from './scalar-values';

/** What a text column seems to hold. A migration that gives it the fitting type must find values to convert. */
export type TextContent =
  /** As JavaScript writes it: 2024-03-31T00:30:00.123Z. */
  | 'time'
  /** As PostgreSQL writes it. */
  | 'server time'
  | 'date'
  | 'list'
  | 'object'
  | 'number'
  | 'truth'
  | 'mail'
  | 'link'
  | 'id'
  | 'words';

const BY_NAME: readonly (readonly [RegExp, TextContent])[] = [
  [/^(at|when|time|ts)$|(_at|_ts|_time|_until|_since|timestamp|expires|expiry|deadline)$/, 'time'],
  [/(^|_)(date|day|birthday)$|_on$/, 'date'],
  [/^(is|has|can|should)_|(enabled|disabled|_active|_flag)$/, 'truth'],
  [/(^|_)(tags|permissions|attachments|items|list|labels|scopes|capabilities|mentions)$/, 'list'],
  [
    /(json|metadata|meta|settings|config|payload|options|data|preferences|schema|headers)$/,
    'object',
  ],
  [
    /(count|amount|price|total|quantity|qty|size|score|percent|cost|balance|age|year|port|seconds|bytes|minor|cents)$/,
    'number',
  ],
  [/e?mail$/, 'mail'],
  [/(^|_)(url|uri|link|website|href)$/, 'link'],
  [/(^|_)(id|uuid|guid)$/, 'id'],
];

interface GuessedColumn {
  name: string;
  expression: string | null;
}

/** Guesses from a text column's default, then from its name, a time's form also from other columns. */
export function contentOf(
  column: GuessedColumn,
  others: readonly GuessedColumn[] = [],
): TextContent {
  const literal = defaultLiteral(column.expression);
  if (literal !== null && /^\[.*\]$/s.test(literal)) return 'list';
  if (literal !== null && /^\{.*\}$/s.test(literal)) return 'object';
  if (literal !== null && /^-?\d+(\.\d+)?$/.test(literal)) return 'number';
  if (literal !== null && /^(true|false)$/.test(literal)) return 'truth';
  const form = timeForm(column);
  if (form) return form;
  const name = column.name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
  const content = BY_NAME.find(([pattern]) => pattern.test(name))?.[1] ?? 'words';
  if (content !== 'time') return content;
  return others.map(timeForm).find((other) => other !== undefined) ?? content;
}

/** How the default of a text column writes the time. */
function timeForm({ expression }: GuessedColumn): 'time' | 'server time' | undefined {
  const isTime = /now\(\)|current_timestamp|clock_timestamp/i.test(expression ?? '');
  if (!isTime || !/::text|to_char/.test(expression ?? '')) return undefined;
  return /"T"/.test(expression ?? '') ? 'time' : 'server time';
}

/** The text of a default that is a constant of a text type. */
export function defaultLiteral(expression: string | null): string | null {
  return /'::(text|character|character varying)(\(\d+\))?$/.test(expression ?? '')
    ? defaultConstant(expression)
    : null;
}

/** The text of a default that is a constant: `'new'::status`, `42`, `true`. */
export function defaultConstant(expression: string | null): string | null {
  const quoted = /^'((?:[^']|'')*)'::[^':]+$/s.exec(expression ?? '');
  if (quoted) return quoted[1]?.replaceAll("''", "'") ?? null;
  const bare = /^\(?(-?\d+(?:\.\d+)?|true|false)\)?(?:::[a-z ]+)?$/.exec(expression ?? '');
  return bare?.[1] ?? null;
}

/** A value for a text type; `limit` counts characters, null is no limit. */
export function textValue(content: TextContent, limit: number | null, variant: Variant): string {
  const value = typedText(content, variant) ?? words(variant);
  if (limit === null || [...value].length <= limit) return value;
  // Cut, a typed text is no longer one: then at least it shall be unique.
  return shortText(limit, variant);
}

function typedText(content: TextContent, variant: Variant): string | null {
  const instant = scalarValue({ name: 'timestamptz', builtIn: true }, -1, variant) ?? '';
  const tag = tagOf(variant);
  switch (content) {
    case 'time':
      return `${instant.slice(0, 23).replace(' ', 'T')}Z`;
    case 'server time':
      return instant;
    case 'date':
      return instant.slice(0, 10);
    case 'list':
      return variant.row % 3 === 1 ? '[]' : JSON.stringify([tag, `Ü ${tag}`]);
    case 'object':
      return JSON.stringify({ name: `Zoë ${tag}`, n: variant.row });
    case 'number':
      return String(uniqueNumber(variant));
    case 'truth':
      return variant.row % 2 === 0 ? 'true' : 'false';
    case 'mail':
      return variant.row % 3 === 0 && !variant.plain
        ? `Zoe.${tag}@Example.org`
        : `${tag}@example.org`;
    case 'link':
      return `https://example.org/${tag}`;
    case 'id':
      return uuid(variant);
    case 'words':
      return null;
  }
}

/** Upper and lower case, letters beyond ASCII, blanks at the edges, quotes and line ends. */
function words(variant: Variant): string {
  const tag = tagOf(variant);
  if (variant.plain) return tag;
  const odd = [`Zoë Straße 中文 ${tag}`, ` ${tag}  Edges `, `${tag}'s "quote" \\ and\nline`];
  return odd[variant.row % odd.length] ?? tag;
}

/** As much of the tag as goes in; its end differs most. */
function shortText(limit: number, variant: Variant): string {
  const tag = tagOf(variant);
  const spare = limit - tag.length;
  if (spare <= 0) return tag.slice(-limit);
  return variant.plain || spare < 3 ? tag : `${tag} Ü`.slice(0, limit);
}
