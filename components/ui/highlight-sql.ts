import {
  createCssVariablesTheme,
  createHighlighterCore,
  type HighlighterCore,
  type LanguageRegistration,
} from 'shiki/core';
import { createJavaScriptRegexEngine } from 'shiki/engine/javascript';
import sql from 'shiki/langs/sql.mjs';
import type { SqlLine, SqlTokenKind } from '@/components/ui/sql-tokens';

const themeName = 'css-variables';

/**
 * Corrects the library's grammar, which follows SQL Server: it does not know PostgreSQL's words for
 * definitions, and takes some everyday column and setting names for keywords.
 */
const postgresqlWords: LanguageRegistration = {
  name: 'postgresql-words',
  scopeName: 'postgresql-words.injection',
  injectTo: ['source.sql'],
  injectionSelector: 'L:source.sql -string -comment',
  repository: {},
  patterns: [
    {
      match:
        '(?i)\\b(column|constraint|policy|enum|concurrently|trigger|function|extension|sequence|schema|cascade|restrict|returning|conflict|do|language|validate|rename|owner|local|true|false)\\b',
      name: 'keyword.other.postgresql',
    },
    {
      match: '(?i)\\b(now|gen_random_uuid|nextval|setval|to_jsonb|pg_[a-z_]+)(?=\\s*\\()',
      name: 'support.function.postgresql',
    },
    {
      match: '(?i)\\b(hash|lock_timeout|statement_timeout|idle_in_transaction_session_timeout)\\b',
      name: 'variable.other.postgresql',
    },
  ],
};

let loading: Promise<HighlighterCore> | undefined;

/** One highlighter for the life of the process: building it costs tens of milliseconds. */
function highlighter(): Promise<HighlighterCore> {
  loading ??= createHighlighterCore({
    langs: [sql, postgresqlWords],
    themes: [createCssVariablesTheme({ name: themeName })],
    engine: createJavaScriptRegexEngine(),
  });
  return loading;
}

/**
 * SQL as lines of coloured tokens, for CodeBlock and SqlText. For server components and route
 * handlers: the grammar is too large to send to a browser. The text is kept to the byte.
 */
export async function highlightSql(text: string): Promise<SqlLine[]> {
  const lines = (await highlighter()).codeToTokensBase(text.replace(/\n$/, ''), {
    lang: 'sql',
    theme: themeName,
    includeExplanation: 'scopeName',
    // A cold, busy machine must not cut a line short: shiki's limit is half a second.
    tokenizeTimeLimit: 0,
  });
  return lines.map((line) => {
    const tokens: SqlLine = [];
    for (const part of line.flatMap((token) => token.explanation ?? [])) {
      append(tokens, part.content, kindOf(part.scopes.map((scope) => scope.scopeName)));
    }
    return tokens;
  });
}

function append(tokens: SqlLine, text: string, kind: SqlTokenKind | undefined): void {
  const last = tokens.at(-1);
  if (last && last.kind === kind) last.text += text;
  else tokens.push(kind ? { text, kind } : { text });
}

/** Quoted identifiers and types stay plain: what stands out is what the statement does. */
function kindOf(scopes: readonly string[]): SqlTokenKind | undefined {
  const is = (prefix: string) => scopes.some((scope) => scope.startsWith(prefix));
  if (is('comment')) return 'com';
  if (is('string.quoted.double')) return undefined;
  if (is('string')) return 'str';
  if (is('constant.numeric')) return 'num';
  if (is('support.function')) return 'fn';
  if (is('keyword.other') || is('storage.modifier')) return 'kw';
  return undefined;
}
