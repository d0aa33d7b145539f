import type { ReportedHazard } from './report';

const WORDS = { danger: 'danger', warn: 'warning' } as const;

/** Beyond these, those of one kind are counted. */
const MAX_LABELS = 3;

/**
 * Dangers and warnings, one line for each kind, with the lines of the script that they stand on. Notes
 * are left out: every script has some.
 */
export function groupedHazards(hazards: readonly ReportedHazard[]): string[] {
  return (['danger', 'warn'] as const).flatMap((severity) => {
    const kinds = grouped(
      hazards.filter((hazard) => hazard.severity === severity),
      ({ code }) => code,
    );
    return kinds.map(([, some]) => `${WORDS[severity]}: ${inOneLine(some)}`);
  });
}

function inOneLine(some: readonly ReportedHazard[]): string {
  const byLabel = grouped(some, ({ label }) => label);
  const shown = byLabel
    .slice(0, byLabel.length > MAX_LABELS ? MAX_LABELS - 1 : MAX_LABELS)
    .map(([label, same]) => `${label}${places(same)}`);
  const rest = byLabel.slice(shown.length).flatMap(([, same]) => same);
  if (rest.length === 0) return shown.join('; ');
  return `${shown.join('; ')}; and ${rest.length} more of this kind${places(rest)}`;
}

function places(hazards: readonly ReportedHazard[]): string {
  const lines = [...new Set(hazards.flatMap(({ line }) => line ?? []))];
  const [first] = lines;
  const last = lines.at(-1);
  if (first === undefined || last === undefined) return '';
  if (lines.length === 1) return ` (line ${first})`;
  return lines.length <= MAX_LABELS
    ? ` (lines ${lines.join(', ')})`
    : ` (lines ${first} to ${last})`;
}

function grouped(
  hazards: readonly ReportedHazard[],
  keyOf: (hazard: ReportedHazard) => string,
): [key: string, hazards: ReportedHazard[]][] {
  const groups = new Map<string, ReportedHazard[]>();
  for (const hazard of hazards) {
    const key = keyOf(hazard);
    const group = groups.get(key);
    if (group) group.push(hazard);
    else groups.set(key, [hazard]);
  }
  return [...groups];
}
