import type { ScriptRefusal } from '@/lib/core/statement';

/** A script's text, with a way back from byte offsets to lines. */
export interface ScriptSource {
  text: string;
  bytes: Buffer;
  /** A byte order mark stood in front; it is not part of `bytes`. */
  hadByteOrderMark: boolean;
  /** 1-based line of a byte offset. */
  lineAt(offset: number): number;
}

/** The statements and what is said of them are kept, and shown: no person reads more than this. */
export const MAX_SCRIPT_BYTES = 8 * 1024 * 1024;

const NEWLINE = 0x0a;

/** Decodes a script without ever putting a replacement character in the place of a bad byte. */
export function readSource(file: Uint8Array): ScriptSource | ScriptRefusal {
  const all = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (all.length > MAX_SCRIPT_BYTES) {
    const limit = MAX_SCRIPT_BYTES / 1024 / 1024;
    return {
      code: 'too_large',
      line: undefined,
      message: `The script is larger than ${limit} MiB. Move bulk data into a table and copy it from there.`,
    };
  }
  const hadByteOrderMark = all[0] === 0xef && all[1] === 0xbb && all[2] === 0xbf;
  const bytes = hadByteOrderMark ? all.subarray(3) : all;
  const text = decode(bytes);
  if (text === undefined) {
    return {
      code: 'not_utf8',
      line: firstUndecodableLine(bytes),
      message: 'The file is not valid UTF-8. Save it as UTF-8.',
    };
  }
  const lineAt = lineFinder(bytes);
  const nul = bytes.indexOf(0);
  if (nul >= 0) {
    return {
      code: 'nul_byte',
      line: lineAt(nul),
      message:
        'The file contains a NUL byte, which PostgreSQL cannot read. If it is UTF-16, save it as UTF-8.',
    };
  }
  return { text, bytes, hadByteOrderMark, lineAt };
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Lines can be decoded one by one: a newline byte is never part of a longer UTF-8 sequence. */
function firstUndecodableLine(bytes: Buffer): number {
  let line = 1;
  for (let start = 0; start <= bytes.length; line += 1) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline;
    if (decode(bytes.subarray(start, end)) === undefined) return line;
    start = end + 1;
  }
  return line;
}

/** Finds the 1-based line of a byte offset. */
export function lineFinder(bytes: Buffer): (offset: number) => number {
  const newlines: number[] = [];
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) {
    newlines.push(at);
  }
  return (offset) => {
    let low = 0;
    let high = newlines.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((newlines[middle] ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}

/** What PostgreSQL calls space. A no-break space is a letter to it, so `trim` would cut too much. */
const SURROUNDING_SPACE = /^[ \t\n\r\f\v]+|[ \t\n\r\f\v]+$/g;

/** A statement's bytes as they stand in the file; the parser's range starts after leading comments. */
export function cutStatement(
  bytes: Buffer,
  { start, end }: { start: number; end: number },
): string {
  return bytes.subarray(start, end).toString().replace(SURROUNDING_SPACE, '');
}
