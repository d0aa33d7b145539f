import type { Ctx } from '@/lib/control';
import { type ClaimedRehearsal, recordProgress } from './rehearsal-record';

/** Events are for people: more often than this nobody can read them. */
const INTERVAL_MS = 500;

/** Tells how far a rehearsal is, without ever holding it up for longer than one write. */
export class RehearsalProgress {
  private phase = '';
  private total = 0;
  private writtenAt = 0;
  private writing: Promise<void> = Promise.resolve();
  private busy = false;

  constructor(
    private readonly ctx: Ctx,
    private readonly claim: ClaimedRehearsal,
    /** Called when the control database says that this rehearsal is no longer ours. */
    private readonly onLost: () => void,
  ) {}

  /** Begins a phase; always written. */
  async begin(phase: string, total: number): Promise<void> {
    await this.writing;
    this.phase = phase;
    this.total = total;
    await this.write(0);
  }

  /**
   * Goes on within the phase; written now and then.
   * @param total when it is only known now
   */
  advance(done: number, total = this.total): void {
    this.total = total;
    if (this.busy || performance.now() - this.writtenAt < INTERVAL_MS) return;
    this.writing = this.write(done);
  }

  private async write(done: number): Promise<void> {
    this.busy = true;
    try {
      const { phase, total } = this;
      const ours = await recordProgress(this.ctx, this.claim, { phase, done, total });
      if (!ours) this.onLost();
    } catch {
      // Progress is for watching only; the end is recorded on its own, and reports its failure.
    } finally {
      this.writtenAt = performance.now();
      this.busy = false;
    }
  }
}
