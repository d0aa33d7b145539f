const STARS = '•••';
const CREDENTIALS = /\b(postgres(?:ql)?:\/\/)[^\s"'<>]*@/gi;
const PASSWORD_PARAMETER = /([?&\s]password=)[^\s&]+/gi;

/**
 * Takes passwords out of a text: those of the given connection strings, in every form in which a
 * driver or a tool may repeat them, and whatever looks like a connection string besides.
 */
export function redact(text: string, urls: readonly string[] = []): string {
  let clean = text;
  for (const secret of urls.flatMap(secretsOf)) clean = clean.replaceAll(secret, STARS);
  return clean
    .replace(CREDENTIALS, (_, scheme: string) => `${scheme}${STARS}@`)
    .replace(PASSWORD_PARAMETER, (_, key: string) => `${key}${STARS}`);
}

/** The password as written, decoded and encoded anew; longest first, as one may hold another. */
function secretsOf(url: string): string[] {
  const written = [/^[^:]+:\/\/[^/?#]*?:(.*)@/.exec(url)?.[1]];
  try {
    const parsed = new URL(url);
    written.push(parsed.password, parsed.searchParams.get('password') ?? undefined);
  } catch {
    // Not a URL at all: what stands between the first colon and the last @ is all there is.
  }
  const forms = new Set<string>();
  for (const secret of written) {
    if (!secret) continue;
    forms.add(secret);
    forms.add(encodeURIComponent(secret));
    try {
      const decoded = decodeURIComponent(secret);
      forms.add(decoded);
      forms.add(encodeURIComponent(decoded));
      // As it stands in a password file.
      forms.add(decoded.replace(/[\\:]/g, '\\$&'));
    } catch {
      // A stray percent sign: there is no decoded form.
    }
  }
  // One or two characters would blank innocent text and protect nothing.
  return [...forms].filter((form) => form.length > 2).sort((a, b) => b.length - a.length);
}
