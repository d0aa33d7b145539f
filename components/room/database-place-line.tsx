import { Icon } from '@/components/ui/icon';
import type { DatabasePlace } from './database-place';

/** Where the database is, in words; never left to be guessed from a bar. */
export function DatabasePlaceLine({ place }: { place: DatabasePlace }) {
  if (place.orAt) {
    return (
      <span className="flex min-w-0 items-start gap-1.5">
        <Icon name="unknown" size={14} className="mt-[3px] text-unknown-text" />
        <span>
          <b className="font-semibold">
            Database is at {place.at} or {place.orAt}.
          </b>{' '}
          <span className="text-text-2">Nothing in between is possible.</span>
        </span>
      </span>
    );
  }
  return (
    <span className="flex min-w-0 items-start gap-1.5">
      <Icon name="flag" size={14} className="mt-[3px] text-accent-text" />
      <span>
        <b className="font-semibold">
          Database is at {place.at}
          {place.verified === null ? '' : place.verified ? ', verified' : ', not verified'}.
        </b>{' '}
        <span className="text-text-2">{undoneWords(place.undone)}</span>
      </span>
    </span>
  );
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
