import type { ExecutorProcess } from '@/lib/testing/executor-process';
import { createFaultRoom, type FaultRoom } from '@/lib/testing/fault-room';

/** One control database and its executor; runs in a lane follow one another, lanes go side by side. */
export class Lane {
  private current: ExecutorProcess | undefined;

  private constructor(readonly room: FaultRoom) {}

  static async open(): Promise<Lane> {
    return new Lane(await createFaultRoom());
  }

  get executor(): ExecutorProcess {
    if (!this.current) throw new Error('no executor has been started');
    return this.current;
  }

  /** Another executor, which the lane's next fault will meet. */
  async start(): Promise<void> {
    this.current = await this.room.executor();
  }

  /** An executor to begin a run with. @returns what is wrong with the one there was */
  async ready(): Promise<string | undefined> {
    const ended = this.current?.ended();
    if (this.current && !ended) return undefined;
    const log = this.current?.log.slice(-5).join('\n');
    await this.start();
    return ended
      ? `The executor has ended by itself (${ended.code ?? ended.signal}):\n${log}`
      : undefined;
  }

  async kill(): Promise<void> {
    await this.executor.kill();
  }

  close(): Promise<void> {
    return this.room.dispose();
  }
}
