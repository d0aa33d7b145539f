import { canonicalJson } from '@/lib/core/digest';
import type { AuditOutcome } from '@/lib/core/views';
import { type AuditRecord, GENESIS_HASH, hashOf } from './audit-record';

/** Longer than any row that Backstep writes, short enough not to fill the memory with a wrong file. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
/** Gaps that are named; the others are only counted. */
const MAX_GAPS = 100;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

export interface ExportVerdict {
  ok: boolean;
  /** `part`: rows are missing, as those that a filter leaves out are. */
  kind: 'whole' | 'part';
  /** Rows that are as they were written. */
  rows: number;
  /** 0 without rows. */
  firstSeq: number;
  lastSeq: number;
  lastAt: string | null;
  lastHash: string | null;
  /** Rows that are not in the file, before its last one; the first hundred such places. */
  gaps: { from: number; to: number }[];
  gapCount: number;
  /** Where the hash was found that somebody has kept elsewhere; seq is null when it is in no row. */
  head: { hash: string; seq: number | null } | null;
  /** The first thing that is not as it was written. */
  brokenAt: { line: number; seq: number | null; why: string } | null;
}

export interface VerifyExportOptions {
  /** The file may be a part of the chain. Otherwise a missing row is a broken chain. */
  part?: boolean;
  /** A hash of a row, kept where nobody who can change the file can change it. */
  head?: string;
}

/** A file that can't be verified at all, in words. */
export class UnverifiableExportError extends Error {
  override readonly name = 'UnverifiableExportError';
}

/**
 * Verifies an export in JSON lines without any database, a line at a time. Each row's own hash is computed
 * anew from its bytes, and each row must follow the one before. An export of everything ends with the row
 * of that very export, so that a cut-off end shows; one that was cut exactly behind an earlier export can
 * only be told by a hash that was kept elsewhere.
 * @throws UnverifiableExportError for an export in CSV, which does not carry what was hashed
 */
export async function verifyExport(
  bytes: AsyncIterable<Uint8Array>,
  options: VerifyExportOptions = {},
): Promise<ExportVerdict> {
  const chain = new ReadChain(options);
  let line = 0;
  for await (const { text, ended } of linesOf(bytes)) {
    line += 1;
    if (line === 1 && text !== null && text.startsWith('seq,at,actorId,')) {
      throw new UnverifiableExportError(
        'This is an export in CSV. It is made for spreadsheets and can’t be verified: export the history as JSON lines.',
      );
    }
    const why = chain.take(text, ended);
    if (why) return chain.verdict({ line, seq: why.seq, why: why.message });
  }
  const why = chain.problemOfEnd();
  return chain.verdict(why ? { line, seq: why.seq, why: why.message } : null);
}

interface Problem {
  seq: number | null;
  message: string;
}

class ReadChain {
  private rows = 0;
  private firstSeq = 0;
  private last: (AuditRecord & { hash: string }) | null = null;
  private readonly gaps: { from: number; to: number }[] = [];
  private gapCount = 0;
  private headSeq: number | null = null;

  constructor(private readonly options: VerifyExportOptions) {}

  /** @returns what is wrong with the line */
  take(text: string | null, ended: boolean): Problem | null {
    const after = this.last ? `after row ${this.last.seq}` : 'at the start';
    if (text === null) return { seq: null, message: `The line ${after} is not UTF-8.` };
    const row = rowOf(text);
    if (!row) {
      return {
        seq: null,
        message: ended
          ? `The line ${after} is no row as Backstep writes it.`
          : `The file breaks off in the middle of a row, ${after}.`,
      };
    }
    const { hash, ...record } = row;
    if (canonicalJson({ ...row }) !== text || hashOf(record) !== hash) {
      return { seq: row.seq, message: `Row ${row.seq} was changed after it was written.` };
    }
    const problem = this.follows(row);
    if (problem) return { seq: row.seq, message: problem };
    this.rows += 1;
    if (this.rows === 1) this.firstSeq = row.seq;
    if (hash === this.options.head) this.headSeq = row.seq;
    this.last = row;
    return null;
  }

  private follows(row: AuditRecord): string | null {
    const before = this.last ?? { seq: 0, hash: GENESIS_HASH };
    if (row.seq <= before.seq) {
      return row.seq < 1
        ? `Row ${row.seq} was not written by Backstep.`
        : `Row ${row.seq} stands after row ${before.seq}: rows were moved, or are there twice.`;
    }
    if (row.seq === before.seq + 1) {
      return row.prevHash === before.hash
        ? null
        : `Row ${row.seq} does not follow the one before: one of the two was written anew.`;
    }
    const gap = { from: before.seq + 1, to: row.seq - 1 };
    if (!this.options.part) {
      const missing =
        gap.from === gap.to ? `Row ${gap.from} is` : `Rows ${gap.from} to ${gap.to} are`;
      return `${missing} missing.`;
    }
    this.gapCount += 1;
    if (this.gaps.length < MAX_GAPS) this.gaps.push(gap);
    return null;
  }

  problemOfEnd(): Problem | null {
    const { part, head } = this.options;
    if (head !== undefined && this.headSeq === null) {
      return {
        seq: null,
        message:
          'No row has the hash that was kept: rows were cut off, or the chain was written anew.',
      };
    }
    if (part) return null;
    if (!this.last) return { seq: null, message: 'The file holds no row.' };
    if (!endsWithItsExport(this.last)) {
      return {
        seq: this.last.seq,
        message: `Rows are missing after row ${this.last.seq}: an export of everything ends with the row of that export.`,
      };
    }
    return null;
  }

  verdict(brokenAt: ExportVerdict['brokenAt']): ExportVerdict {
    const { last, options } = this;
    return {
      ok: brokenAt === null,
      kind:
        options.part && (this.gapCount > 0 || !last || !endsWithItsExport(last)) ? 'part' : 'whole',
      rows: this.rows,
      firstSeq: this.firstSeq,
      lastSeq: last?.seq ?? 0,
      lastAt: last?.at ?? null,
      lastHash: last?.hash ?? null,
      gaps: this.gaps,
      gapCount: this.gapCount,
      head: options.head === undefined ? null : { hash: options.head, seq: this.headSeq },
      brokenAt,
    };
  }
}

function endsWithItsExport({ action, payload }: AuditRecord): boolean {
  const { format, filters } = payload;
  return (
    action === 'history.export' &&
    format === 'jsonl' &&
    typeof filters === 'object' &&
    filters !== null &&
    Object.keys(filters).length === 0
  );
}

const TEXTS = [
  'at',
  'actorId',
  'actorName',
  'actorRole',
  'action',
  'outcome',
  'requestId',
  'prevHash',
  'hash',
] as const;
const TEXTS_OR_NULL = ['subject', 'target'] as const;

/** The row that a line holds; undefined for anything else, a field too many among it. */
function rowOf(text: string): (AuditRecord & { hash: string }) | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const row = value as Record<string, unknown>;
  const { seq, payload } = row;
  const fits =
    Object.keys(row).length === TEXTS.length + TEXTS_OR_NULL.length + 2 &&
    typeof seq === 'number' &&
    Number.isSafeInteger(seq) &&
    typeof payload === 'object' &&
    payload !== null &&
    !Array.isArray(payload) &&
    TEXTS.every((key) => typeof row[key] === 'string') &&
    TEXTS_OR_NULL.every((key) => row[key] === null || typeof row[key] === 'string');
  if (!fits) return undefined;
  return row as unknown as AuditRecord & { hash: string; outcome: AuditOutcome };
}

/**
 * Lines by their bytes: a text may hold characters that other splitters take for the end of a line. A line
 * that is not UTF-8 has the text null; `ended` tells whether a line feed followed.
 */
async function* linesOf(
  bytes: AsyncIterable<Uint8Array>,
): AsyncIterable<{ text: string | null; ended: boolean }> {
  let pieces: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    let from = 0;
    for (;;) {
      const at = chunk.indexOf(LINE_FEED, from);
      const piece = chunk.subarray(from, at < 0 ? undefined : at);
      size += piece.byteLength;
      if (size > MAX_LINE_BYTES) {
        throw new UnverifiableExportError(
          'This is no export of Backstep’s history: a line is longer than any row.',
        );
      }
      pieces.push(piece);
      if (at < 0) break;
      yield { text: textOf(pieces), ended: true };
      pieces = [];
      size = 0;
      from = at + 1;
    }
  }
  if (size > 0) yield { text: textOf(pieces), ended: false };
}

function textOf(pieces: readonly Uint8Array[]): string | null {
  const bytes = Buffer.concat(pieces);
  // Mail and editors turn line ends into those of Windows; no row ends with a carriage return.
  const line = bytes.at(-1) === CARRIAGE_RETURN ? bytes.subarray(0, -1) : bytes;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line);
  } catch {
    return null;
  }
}
