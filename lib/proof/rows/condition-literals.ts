/** What a condition mentions: the material from which values are made that satisfy it. */
export interface ConditionLiterals {
  texts: string[];
  /** Texts on the right of a regular expression's operator. */
  patterns: string[];
  numbers: number[];
  /** Whether a length is asked, so that the numbers count characters. */
  asksLength: boolean;
}

const TEXT = /(~~\*?|!?~\*?)?\s*\(?E?'((?:[^']|'')*)'/g;
const NUMBER = /(?<![\w'"$.])-?\d+(?:\.\d+)?(?![\w'"])/g;

/**
 * Reads the constants of a condition, as PostgreSQL prints it: `(price > 0)`,
 * `(status = ANY (ARRAY['new'::text, 'done'::text]))`, `(code ~ '^[A-Z]{3}$'::text)`.
 */
export function literalsOf(expression: string): ConditionLiterals {
  const texts: string[] = [];
  const patterns: string[] = [];
  for (const [, operator, quoted = ''] of expression.matchAll(TEXT)) {
    const text = quoted.replaceAll("''", "'");
    if (operator?.startsWith('~~')) texts.push(text.replaceAll('%', 'ab').replaceAll('_', 'c'));
    else if (operator) patterns.push(text);
    else texts.push(text);
  }
  // Functions such as regexp_match take a pattern as an argument.
  if (/regexp_|similar_to/.test(expression)) patterns.push(...texts);
  const bare = expression.replace(TEXT, ' ');
  return {
    texts: [...new Set(texts)],
    patterns: [...new Set(patterns)],
    numbers: [...new Set([...numbersIn(bare), ...numbersIn(texts.join(' '))])],
    asksLength: /length|octet|bytes/.test(expression),
  };
}

function numbersIn(text: string): number[] {
  return [...text.matchAll(NUMBER)].map(([number]) => Number(number)).filter(Number.isFinite);
}
