import { Icon } from '@/components/ui/icon';
import type { DatabasePlace, InsideStep } from './database-place';
import { formatCount } from './format-count';

export interface DatabasePlaceLineProps {
  place: DatabasePlace;
  /** Undone migrations have been applied again since: the room no longer knows where it is. */
  reapplied?: boolean;
  /** What others have done to it since, see `movedAway`. */
  moved?: string | null;
  /** Nobody looks at the target for this rollback any more, see `isPast`. */
  past?: boolean;
}

/** Where the database is, in words; never left to be guessed from a bar. */
export function DatabasePlaceLine(props: DatabasePlaceLineProps) {
  const { place, reapplied = false, moved = null, past = false } = props;
  if (reapplied) {
    return (
      <Line
        icon="warn"
        tone="text-warn-text"
        verb="was"
        where={`at ${place.at} when the run ended`}
      >
        Since then migrations were applied again.
      </Line>
    );
  }
  if (moved !== null) {
    return (
      <Line icon="warn" tone="text-warn-text" where="no longer where this rollback left it">
        {moved}
      </Line>
    );
  }
  if (place.orAt) {
    return (
      <Line icon="unknown" tone="text-unknown-text" where={`at ${place.at} or ${place.orAt}`}>
        {place.inside ? insideWords(place.inside) : 'Nothing in between is possible.'}
      </Line>
    );
  }
  if (place.inside) {
    const { next } = place.inside;
    return (
      <Line icon="warn" tone="text-warn-text" where={`between ${place.at} and ${next}`}>
        {insideWords(place.inside)}
      </Line>
    );
  }
  if (past) {
    return (
      <Line icon="flag" tone="text-text-3" verb="was" where={`at ${place.at} when the run ended`}>
        Where it is now, the page of the target says.
      </Line>
    );
  }
  const verified = place.verified === null ? '' : place.verified ? ', verified' : ', not verified';
  return (
    <Line icon="flag" tone="text-accent-text" where={`at ${place.at}${verified}`}>
      {undoneWords(place.undone)}
    </Line>
  );
}

function Line(props: {
  icon: 'unknown' | 'warn' | 'flag';
  tone: string;
  verb?: 'is' | 'was';
  where: string;
  children: string;
}) {
  return (
    <span className="flex min-w-0 items-start gap-1.5">
      <Icon name={props.icon} size={14} className={`mt-[3px] ${props.tone}`} />
      <span className="min-w-0">
        <b className="font-semibold">
          Database {props.verb ?? 'is'} {props.where}.
        </b>{' '}
        <span className="text-text-2">{props.children}</span>
      </span>
    </span>
  );
}

/** What of a step is in before the step is. */
export function insideWords({ position, number, kept, left }: InsideStep): string {
  const step = `step ${position + 1}`;
  const sentences = [
    ...(kept > 0
      ? [
          `${formatCount(kept, 'statement')} of ${step} ${kept === 1 ? 'is' : 'are'} in for good; the tracking row of ${number} still stands.`,
        ]
      : []),
    ...(left ? [`A statement of ${step} that runs on its own may be half done.`] : []),
  ];
  return sentences.join(' ');
}

function undoneWords(undone: readonly string[]): string {
  const [first, ...rest] = undone;
  if (!first) return 'Nothing is undone yet.';
  if (rest.length === 0) return `${first} is undone and committed.`;
  if (rest.length < 3) {
    return `${[first, ...rest.slice(0, -1)].join(', ')} and ${rest.at(-1)} are undone and committed.`;
  }
  return `${first} to ${rest.at(-1)} are undone and committed.`;
}
