/** PostgreSQL's protocol, version 3, as far as a proxy has to understand it to know where it stands. */

export interface WireMessage {
  /** The type byte as a character; `startup` for what has none. */
  type: string;
  /** All bytes, header included: what is passed on. */
  bytes: Buffer;
}

const CODE_SSL = 80_877_103;
const CODE_GSS = 80_877_104;
const CODE_CANCEL = 80_877_102;

/** Cuts a stream of bytes into messages. One for each direction of a connection. */
export class MessageSplitter {
  private rest: Buffer = Buffer.alloc(0);
  /** The first message of a client has no type byte. */
  private starting: boolean;

  constructor(side: 'frontend' | 'backend') {
    this.starting = side === 'frontend';
  }

  push(chunk: Buffer): WireMessage[] {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const messages: WireMessage[] = [];
    for (let next = this.next(); next; next = this.next()) messages.push(next);
    return messages;
  }

  private next(): WireMessage | undefined {
    const typed = this.starting ? 0 : 1;
    if (this.rest.length < typed + 4) return undefined;
    const size = typed + this.rest.readInt32BE(typed);
    if (this.rest.length < size) return undefined;
    const bytes = this.rest.subarray(0, size);
    this.rest = this.rest.subarray(size);
    if (!this.starting) return { type: String.fromCharCode(bytes[0] ?? 0), bytes };
    const request = encryptionRequest(bytes);
    // After an answer to it comes the real start.
    if (!request) this.starting = false;
    return { type: request ? 'encryption' : 'startup', bytes };
  }
}

function encryptionRequest(bytes: Buffer): boolean {
  const code = bytes.readInt32BE(4);
  return code === CODE_SSL || code === CODE_GSS;
}

/** A request to cancel is a connection of its own that is never answered. */
export function isCancelRequest({ type, bytes }: WireMessage): boolean {
  return type === 'startup' && bytes.readInt32BE(4) === CODE_CANCEL;
}

/** What a client said of itself when it connected: `user`, `database`, `application_name` … */
export function startupParameters({ bytes }: WireMessage): Map<string, string> {
  const words = bytes.subarray(8).toString('utf8').split('\0');
  const found = new Map<string, string>();
  for (let at = 0; at + 1 < words.length && words[at]; at += 2) {
    found.set(words[at] ?? '', words[at + 1] ?? '');
  }
  return found;
}

/** The text of a Query or a Parse; undefined for every other message. */
export function statementText({ type, bytes }: WireMessage): string | undefined {
  if (type === 'Q') return untilZero(bytes, 5);
  if (type !== 'P') return undefined;
  return untilZero(bytes, bytes.indexOf(0, 5) + 1);
}

function untilZero(bytes: Buffer, start: number): string {
  return bytes.toString('utf8', start, bytes.indexOf(0, start));
}
