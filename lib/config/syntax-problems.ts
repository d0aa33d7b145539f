import type { ErrorCode, YAMLError } from 'yaml';

/**
 * What is wrong with the YAML, in our words: the parser's own messages quote the source, and the
 * source may hold a password.
 */
const SENTENCES: Partial<Record<ErrorCode, string>> = {
  BAD_INDENT: 'this line is not indented like its neighbours',
  TAB_AS_INDENT: 'this line is indented with a tab; use spaces',
  DUPLICATE_KEY: 'this key stands here twice; remove one of the two',
  MISSING_CHAR: 'a quote, a bracket or a comma is missing here',
  BAD_SCALAR_START: 'a text may not begin with this character; put it in quotes',
  BAD_DQ_ESCAPE:
    'this escape is not known inside double quotes; write \\\\ for a backslash, or use single quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'there is a second colon on this line, or a list where a key belongs; put texts with a colon in quotes',
  MULTILINE_IMPLICIT_KEY: 'a key must stand on one line and be followed by a colon',
  MULTIPLE_DOCS: 'the file holds a second document (---); keep one',
  BAD_ALIAS:
    'this alias (*) belongs to no anchor (&) above it; put texts that begin with * in quotes',
  TAG_RESOLVE_FAILED: 'this tag (!) is not known; put texts that begin with ! in quotes',
};

const isDuplicate = (error: YAMLError) => error.code === 'DUPLICATE_KEY';

/** Errors after which the rest of the file can't be trusted to mean what it says. */
export function breaksStructure(error: YAMLError): boolean {
  return !isDuplicate(error);
}

export function describeSyntaxError(error: YAMLError): string {
  const sentence = SENTENCES[error.code] ?? 'this is not valid YAML';
  return isDuplicate(error) ? `${sentence}.` : `${sentence}. Nothing after it was checked.`;
}
