import type { BackupProgress } from '@/lib/core/evidence';
import { filesOf } from './backup-folder';

/** Events are for people: more often than this nobody can read them. */
const SHORTEST_INTERVAL_MS = 500;
/** Of a dump that takes hours, every tick is kept for ever: the longer it takes, the rarer they are. */
const INTERVAL_SHARE = 0.01;

/** Reads from pg_dump's --verbose lines which tables are through. */
export class TableCounter {
  private started = 0;
  private finished = 0;
  private readonly open: string[] = [];
  private bytesDone = 0;
  private readonly bytesTotal: number;

  /**
   * @param parallel with workers, pg_dump also says when a table is finished
   * @param bytes of each table by its name, as far as anybody knows: a weight, no more
   */
  constructor(
    private readonly parallel: boolean,
    private readonly bytes: ReadonlyMap<string, number> = new Map(),
  ) {
    this.bytesTotal = [...bytes.values()].reduce((sum, size) => sum + size, 0);
  }

  read(line: string): void {
    const started = /: dumping contents of table "(.*)"$/.exec(line)?.[1];
    if (started !== undefined) {
      // Without workers, a table is through when the next one begins.
      if (!this.parallel) this.through(() => true);
      this.started += 1;
      this.open.push(started);
    }
    const finished = /: finished item \d+ TABLE DATA (.*)$/.exec(line)?.[1];
    if (finished !== undefined) {
      this.finished += 1;
      // This line lacks the schema.
      this.through((name) => name === finished || name.endsWith(`.${finished}`));
    }
  }

  get done(): number {
    return this.parallel ? this.finished : Math.max(0, this.started - 1);
  }

  /** Which part of the work is through, 0 to 1; null where sizes are not known. */
  get share(): number | null {
    return this.bytesTotal === 0 ? null : this.bytesDone / this.bytesTotal;
  }

  private through(is: (name: string) => boolean): void {
    const index = this.open.findIndex(is);
    const [name] = index < 0 ? [] : this.open.splice(index, 1);
    if (name !== undefined) this.bytesDone += this.bytes.get(name) ?? 0;
  }
}

/** Before so much is through, the rest is anybody's guess. */
const SHARE_TO_TELL = 0.02;

/** Rate so far and the time that the rest of a phase takes at this pace. */
export function pace(
  elapsedMs: number,
  bytes: number,
  share: number | null,
): Pick<BackupProgress, 'bytesPerSecond' | 'secondsLeft'> {
  if (elapsedMs < 1_000) return {};
  const bytesPerSecond = Math.round((bytes * 1_000) / elapsedMs);
  if (share === null || share < SHARE_TO_TELL || share > 1) return { bytesPerSecond };
  return { bytesPerSecond, secondsLeft: Math.ceil((elapsedMs * (1 - share)) / share / 1_000) };
}

/**
 * Reports while `work` goes on: at once, then at intervals, and only what has changed.
 * @param report false ends the reporting; whoever reports has reason to end the work as well
 */
export async function withProgress<P, T>(
  look: () => Promise<P>,
  report: (progress: P) => Promise<boolean>,
  work: () => Promise<T>,
): Promise<T> {
  const started = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let ticking: Promise<void> = Promise.resolve();
  let last = '';
  let over = false;
  const tick = async () => {
    try {
      const progress = await look();
      const text = JSON.stringify(progress);
      if (text !== last && !over) {
        last = text;
        if (!(await report(progress))) over = true;
      }
    } catch {
      // Looking failed once, say at a file that pg_dump was just renaming: the next look will do.
    }
    if (over) return;
    const interval = Math.max(SHORTEST_INTERVAL_MS, (performance.now() - started) * INTERVAL_SHARE);
    timer = setTimeout(() => {
      ticking = tick();
    }, interval);
  };
  ticking = tick();
  try {
    return await work();
  } finally {
    over = true;
    clearTimeout(timer);
    await ticking;
    clearTimeout(timer);
  }
}

export async function bytesIn(folder: string): Promise<number> {
  return (await filesOf(folder)).reduce((sum, file) => sum + file.bytes, 0);
}
