import { filesOf } from './backup-folder';

/** Events are for people: more often than this nobody can read them. */
const SHORTEST_INTERVAL_MS = 500;
/** Of a dump that takes hours, every tick is kept for ever: the longer it takes, the rarer they are. */
const INTERVAL_SHARE = 0.01;

export interface DumpProgress {
  bytes: number;
  tablesDone: number;
}

/** Reads from pg_dump's --verbose lines how many tables are through. */
export class TableCounter {
  private started = 0;
  private finished = 0;

  /** @param parallel with workers, pg_dump also says when a table is finished */
  constructor(private readonly parallel: boolean) {}

  read(line: string): void {
    if (/: dumping contents of table /.test(line)) this.started += 1;
    if (/: finished item \d+ TABLE DATA /.test(line)) this.finished += 1;
  }

  get done(): number {
    return this.parallel ? this.finished : Math.max(0, this.started - 1);
  }
}

/**
 * Reports while `work` goes on: at once, then at intervals, and only what has changed.
 * @param report false ends the reporting; whoever reports has reason to end the work as well
 */
export async function withProgress<T>(
  look: () => Promise<DumpProgress>,
  report: (progress: DumpProgress) => Promise<boolean>,
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
