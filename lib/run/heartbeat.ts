import { HEARTBEAT_MS } from './lease';
import { type Asked, EpochLostError, type RunRecord } from './run-record';

/** Keeps the lease of a run while it goes on, and hears what people ask for. */
export class Heartbeat {
  asked: Asked = { stop: false, cancel: false };
  private failure: unknown;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;
  private ahead: Promise<Asked> | undefined;

  /** @param cancel called once, when the step that is under way is to be cancelled */
  constructor(
    private readonly record: RunRecord,
    private readonly cancel: () => Promise<void>,
  ) {}

  start(): void {
    this.timer = setTimeout(() => this.beat(), HEARTBEAT_MS);
  }

  /** Asks now: a stop between two heartbeats counts before the next step. @throws EpochLostError */
  async ask(): Promise<Asked> {
    const begun = this.ahead ?? this.record.asked();
    this.ahead = undefined;
    this.asked = await begun;
    return this.asked;
  }

  /** What `ask` is about to ask is being asked already, beside the look at the schema after a step. */
  askAhead(asked: Promise<Asked>): void {
    this.ahead = asked;
    // Told to whoever asks; a run that ends with that look does not.
    this.ahead.catch(() => undefined);
  }

  /** True when the run belongs to somebody else by now, or has been closed. */
  get lost(): boolean {
    return this.failure !== undefined;
  }

  /** @throws EpochLostError when the run belongs to somebody else by now */
  assertOurs(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.failure ??= new EpochLostError();
  }

  private async beat(): Promise<void> {
    try {
      const asked = await this.record.heartbeat();
      const cancelled = asked.cancel && !this.asked.cancel;
      this.asked = asked;
      if (cancelled) await this.cancel();
    } catch (cause) {
      // A control database that is away shows at the next flush; a lost epoch ends the run here.
      if (cause instanceof EpochLostError) {
        this.failure = cause;
        return;
      }
    }
    // One that was under way at the end would keep the lease of a run that nobody performs.
    if (!this.closed) this.timer = setTimeout(() => this.beat(), HEARTBEAT_MS);
  }
}
