/** An identifier that is quoted whether it needs it or not: what SQL made here always does. */
export function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}

/**
 * The parts of a name as the catalog prints it: `public."My Rooms".id` gives `public`, `My Rooms`,
 * `id`. An unquoted part stands as it is.
 */
export function partsOf(name: string): string[] {
  const parts: string[] = [];
  for (const [, quotedPart, plain] of name.matchAll(/(?:^|\.)(?:"((?:[^"]|"")*)"|([^".]*))/g)) {
    parts.push(quotedPart === undefined ? (plain ?? '') : quotedPart.replaceAll('""', '"'));
  }
  return parts;
}
