import type { Socket } from 'node:net';
import {
  isCancelRequest,
  MessageSplitter,
  startupParameters,
  statementText,
  type WireMessage,
} from './wire-messages';
import type { Held, Waiting } from './wire-proxy';

/** What all sessions of a proxy share. */
export interface ProxyState {
  waiting: Waiting[];
  delayMs: number;
}

type Verdict = 'goes on' | 'ended';

/** One client's connection and the one to the server that stands behind it. */
export class ProxySession {
  application = '';
  /** Nothing is delivered to these sides any more. */
  private readonly deaf = new Set<Socket>();
  private ended = false;
  private readonly endings: (() => void)[] = [];
  /** The answer that is kept back until it is complete, and who waits for it. */
  private answer: { waiting: Waiting; statement: string; bytes: Buffer[] } | undefined;

  constructor(
    private readonly client: Socket,
    private readonly backend: Socket,
    private readonly state: ProxyState,
  ) {}

  /** Passes messages on until both sides have ended. */
  async run(): Promise<void> {
    await Promise.all([
      this.pump(this.client, 'frontend', (message) => this.fromClient(message)),
      this.pump(this.backend, 'backend', (message) => this.fromServer(message)),
    ]);
    this.cut();
  }

  cut(): void {
    this.ended = true;
    for (const end of this.endings.splice(0)) end();
    this.client.destroy();
    this.backend.destroy();
  }

  silence(): void {
    this.deaf.add(this.client).add(this.backend);
  }

  private async pump(
    from: Socket,
    side: 'frontend' | 'backend',
    handle: (message: WireMessage) => Promise<void>,
  ): Promise<void> {
    const splitter = new MessageSplitter(side);
    const encryption = side === 'frontend' ? this.client : undefined;
    try {
      for await (const chunk of from) {
        for (const message of splitter.push(chunk as Buffer)) {
          if (this.state.delayMs > 0) await this.wait(this.state.delayMs);
          // Answered here, so that all that follows can be read.
          if (message.type === 'encryption') encryption?.write('N');
          else await handle(message);
        }
      }
    } catch {
      // A reset is an end like any other.
    }
    const other = side === 'frontend' ? this.backend : this.client;
    // A half-open connection tells nobody that one of its sides has gone.
    if (this.deaf.has(other)) await new Promise<void>((resolve) => this.atEnd(resolve));
    else other.end();
  }

  private async fromClient(message: WireMessage): Promise<void> {
    if (message.type === 'startup' && !isCancelRequest(message)) {
      this.application = startupParameters(message).get('application_name') ?? '';
    }
    const statement = statementText(message);
    const waiting = statement === undefined ? undefined : this.match(statement);
    if (waiting && statement !== undefined) {
      if (waiting.point.when === 'answered') {
        this.answer = { waiting, statement, bytes: [] };
      } else if ((await this.holdAt(waiting, statement, this.backend)) === 'ended') {
        return;
      }
    }
    this.send(this.backend, message.bytes);
  }

  private async fromServer(message: WireMessage): Promise<void> {
    const { answer } = this;
    if (!answer) {
      this.send(this.client, message.bytes);
      return;
    }
    answer.bytes.push(message.bytes);
    // ReadyForQuery: the server has done the statement and waits for the next one.
    if (message.type !== 'Z') return;
    const verdict = await this.holdAt(answer.waiting, answer.statement, this.client);
    this.answer = undefined;
    if (verdict === 'goes on') this.send(this.client, Buffer.concat(answer.bytes));
  }

  private send(to: Socket, bytes: Buffer): void {
    if (!this.deaf.has(to) && !this.ended) to.write(bytes);
  }

  private match(statement: string): Waiting | undefined {
    for (const waiting of this.state.waiting) {
      const { session, statement: like } = waiting.point;
      if (session && !session.test(this.application)) continue;
      if (like && !like.test(statement)) continue;
      waiting.left--;
      if (waiting.left > 0) continue;
      this.state.waiting.splice(this.state.waiting.indexOf(waiting), 1);
      return waiting;
    }
    return undefined;
  }

  private holdAt(waiting: Waiting, statement: string, towards: Socket): Promise<Verdict> {
    return new Promise((resolve) => {
      this.atEnd(() => resolve('ended'));
      const held: Held = {
        application: this.application,
        statement,
        forward: () => resolve('goes on'),
        drop: () => {
          this.deaf.add(towards);
          resolve('goes on');
        },
        cut: () => this.cut(),
        silence: () => {
          this.silence();
          resolve('goes on');
        },
      };
      waiting.reached(held);
    });
  }

  private wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.atEnd(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  private atEnd(call: () => void): void {
    if (this.ended) call();
    else this.endings.push(call);
  }
}
