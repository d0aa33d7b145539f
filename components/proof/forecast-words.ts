import type { MigrateForecast } from '@/lib/core/migrate-forecast';

/** Which rule of drizzle's the forecast follows, for people who know their package.json. */
export const DRIZZLE_WORDS: Record<MigrateForecast['drizzle'], string> = {
  '0.x': 'as drizzle-orm up to 0.45 reads a journal',
  '1.x': 'as drizzle-orm 1.0 reads folders',
};

/** `0043` of `0043_add_agent_visibility_list`; a tag without a number stays whole. */
export const numberOf = (tag: string): string => /^\d+(?=_|$)/.exec(tag)?.[0] ?? tag;

/** `0041`, `0041 and 0042`, `0041, 0042 and 2 more` */
export function listTags(tags: readonly string[], most = 6): string {
  const names = tags.slice(0, most).map(numberOf);
  const rest = tags.length - names.length;
  if (rest > 0) return `${names.join(', ')} and ${rest.toLocaleString('en-US')} more`;
  const last = names.pop();
  return names.length > 0 ? `${names.join(', ')} and ${last}` : (last ?? '');
}

export interface ForecastChange {
  /** Undone, and applied again by the next migrate(), in its order. */
  again: string[];
  /** Undone, and by the rule of this drizzle never applied again. */
  lost: { tag: string; why: string | null }[];
  /** Pending before this rollback already. */
  pending: string[];
}

/**
 * What a rollback changes about the next migrate() of the present folder.
 * @param undone tags of the plan's steps
 */
export function forecastChange(
  forecast: { before: MigrateForecast; after: MigrateForecast },
  undone: readonly string[],
): ForecastChange {
  const gone = new Set(undone);
  const { applies, skips } = forecast.after;
  const applied = new Set(applies);
  return {
    again: applies.filter((tag) => gone.has(tag)),
    lost: undone
      .filter((tag) => !applied.has(tag))
      .map((tag) => ({ tag, why: skips.find((skip) => skip.tag === tag)?.why ?? null })),
    pending: applies.filter((tag) => !gone.has(tag)),
  };
}
