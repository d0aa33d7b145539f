import type { PostgresParser } from './postgres-parser';

const MARKER = /^--\s*backstep:\s*no-op\s+because\s+(\S.*)$/;

/**
 * The reason in a comment `-- backstep: no-op because …`, with which an author says that a script
 * without statements is meant to be so.
 */
export function noOpReason(parser: PostgresParser, text: string): string | undefined {
  for (const token of parser.tokens(text) ?? []) {
    const match = token.tokenName === 'SQL_COMMENT' ? MARKER.exec(token.text.trim()) : undefined;
    if (match) return match[1]?.trim();
  }
  return undefined;
}
