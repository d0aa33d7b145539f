import { Icon, type IconName } from '@/components/ui/icon';
import type { RestoreWay } from '@/lib/core/restore';
import type { RestoreSurroundings } from '@/lib/core/restore-views';
import { endedWords, holdWords } from './session-words';

/** The lines of a dialog that say whom a swap puts out, and what keeps it from going through. */
export function WhoIsEnded({
  surroundings,
  error,
  way,
}: {
  surroundings: RestoreSurroundings | undefined;
  error: Error | null;
  way: RestoreWay;
}) {
  const { stops, stays } = surroundings?.found
    ? holdWords(surroundings.found, way)
    : { stops: [], stays: [] };
  const ended = surroundings
    ? endedWords(surroundings)
    : error
      ? `How many sessions that ends is not known. ${error.message}`
      : 'Asking who is connected.';
  const lines: [icon: IconName, tone: string, text: string][] = [
    ['user', 'text-text-3', ended],
    ...stops.map((text): [IconName, string, string] => ['danger', 'text-danger-text', text]),
    ...stays.map((text): [IconName, string, string] => ['warn', 'text-warn-text', text]),
  ];
  return lines.map(([icon, tone, text]) => (
    <li key={text} className="flex gap-2">
      <Icon name={icon} className={`mt-0.5 shrink-0 ${tone}`} />
      <span className="min-w-0 wrap-anywhere">{text}</span>
    </li>
  ));
}
