/** Stands for whatever address Backstep has; nothing is ever sent there. */
const OWN = 'http://backstep.invalid';

/**
 * Where to go after the sign-in: a path of our own, so that a link to the sign-in can't lead on to
 * another site. A browser reads `/\evil`, `/<tab>/evil` and `/.//evil` as addresses of other hosts
 * too, so what counts is how a URL parser understands it.
 */
export function ownPath(from: unknown): string {
  if (typeof from !== 'string' || !from.startsWith('/') || !URL.canParse(from, OWN)) return '/';
  const { origin, pathname, search, hash } = new URL(from, OWN);
  return origin === OWN && !pathname.startsWith('//') ? `${pathname}${search}${hash}` : '/';
}
