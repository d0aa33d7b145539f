/**
 * `host:port/database` of a connection string, for pages and messages: never its user or password.
 * Query parameters may carry the host too (a socket folder), as libpq allows. Never throws.
 */
export function addressOf(url: string): string {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return 'an unreadable address';
  }
  const host = parsed.searchParams.get('host') || decode(parsed.hostname) || 'localhost';
  const port = parsed.searchParams.get('port') || parsed.port || '5432';
  // libpq and pg take the user's name when no database is given.
  const database = decode(parsed.pathname.slice(1)) || decode(parsed.username) || 'postgres';
  return `${host}:${port}/${database}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
