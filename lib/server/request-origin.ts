/** Names under which only this machine itself is reached. */
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Why a request that would change something does not count as sent by Backstep's own pages; undefined
 * when it does. A browser writes `Origin` itself, and no page can forge it.
 *
 * It is compared with the configured address and never with `Host`. By DNS rebinding a stranger's page
 * names this machine with a name of its own, and then its origin and `Host` are the same. Behind a proxy
 * that ends TLS, `Host` says nothing about the scheme: a page at http:// under the right name, which
 * anybody on the wire can write, is not the one at https://. The loopback names stand for each other,
 * because a page that was loaded from one of them on this port came from this very server.
 */
export function originProblem(request: Request, publicUrl: string): string | undefined {
  const origin = request.headers.get('origin');
  if (origin !== null && isSame(origin, publicUrl)) return undefined;
  const host = request.headers.get('host');
  if (origin !== null && host !== null && hostOf(origin) === host) {
    return `This page was opened at ${origin}, and Backstep is known as ${publicUrl}. Open it there, or set BACKSTEP_URL to the address that people use.`;
  }
  return 'This request does not come from Backstep’s own pages.';
}

function isSame(origin: string, publicUrl: string): boolean {
  if (origin === publicUrl) return true;
  const [one, other] = [parse(origin), parse(publicUrl)];
  if (!one || !other || one.origin !== origin) return false;
  return (
    LOOPBACK.has(one.hostname) &&
    LOOPBACK.has(other.hostname) &&
    one.port === other.port &&
    one.protocol === other.protocol
  );
}

const hostOf = (origin: string): string | undefined => parse(origin)?.host;

function parse(url: string): URL | undefined {
  return URL.canParse(url) ? new URL(url) : undefined;
}
