/** Times in milliseconds. */
export interface Sample {
  median: number;
  p95: number;
  min: number;
  max: number;
}

export function summarise(times: readonly number[]): Sample {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { median: at(0.5), p95: at(0.95), min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0 };
}

/** One warm-up, then `rounds` timed calls. */
export async function timed(rounds: number, work: () => Promise<unknown>): Promise<Sample> {
  await work();
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    await work();
    times.push(performance.now() - started);
  }
  return summarise(times);
}

export const words = ({ median, min, max }: Sample): string =>
  `${median.toFixed(0)} ms (${min.toFixed(0)}..${max.toFixed(0)})`;

/** A line of the table: what, Backstep's figure, what stands beside it, and the ratio. */
export type Line = [what: string, ours: string, beside: string, ratio: string];

/** How long one call takes, in milliseconds. */
export async function once(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
