import type { Ctx } from '@/lib/control';
import { type ClaimedTestRestore, recordProgress } from './test-restore-record';

/** Events are for people, and are kept for ever: the longer it takes, the rarer they are. */
const SHORTEST_INTERVAL_MS = 500;
const INTERVAL_SHARE = 0.01;

/** Tells how far a test restore is, without ever holding it up. */
export class TestRestoreProgress {
  private readonly startedAt = performance.now();
  private phase = '';
  private next: { done: number; total: number } | undefined;
  private writing: Promise<void> | undefined;
  private writtenAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly ctx: Ctx,
    private readonly claim: ClaimedTestRestore,
    /** Called when the control database says that this test restore is no longer ours. */
    private readonly onLost: () => void,
  ) {}

  /** The first of a phase is always written, those after it now and then. */
  tell(phase: string, done = 0, total = 0): void {
    const begins = phase !== this.phase;
    this.phase = phase;
    this.next = { done, total };
    const now = performance.now();
    const interval = Math.max(SHORTEST_INTERVAL_MS, (now - this.startedAt) * INTERVAL_SHARE);
    if (!begins && (this.writing || now - this.writtenAt < interval)) return;
    this.writing = (this.writing ?? Promise.resolve()).then(() => this.write());
  }

  /** Waits for what is being written. */
  async settled(): Promise<void> {
    await this.writing;
  }

  private async write(): Promise<void> {
    const { phase, next } = this;
    this.next = undefined;
    if (!next) return;
    try {
      const ours = await recordProgress(this.ctx, this.claim, { phase, ...next });
      if (!ours) this.onLost();
    } catch {
      // Progress is for watching only; the end is recorded on its own, and reports its failure.
    } finally {
      this.writtenAt = performance.now();
      if (!this.next) this.writing = undefined;
    }
  }
}
