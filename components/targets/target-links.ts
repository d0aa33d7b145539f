export function targetHref(target: string): string {
  return `/targets/${encodeURIComponent(target)}`;
}

/** Where the live schema is compared with the files. */
export function driftHref(target: string): string {
  return `${targetHref(target)}/drift`;
}

export function migrationHref(target: string, key: string): string {
  return `${targetHref(target)}/migrations/${encodeURIComponent(key)}`;
}

/** The name in an address as it was before encoding; one that was cut off inside an escape stays. */
export function fromAddress(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
