import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '@/lib/core/digest';
import { type AuditRecord, GENESIS_HASH, hashOf } from './audit-record';
import { type VerifyExportOptions, verifyExport } from './verify-export';

type Row = AuditRecord & { hash: string };

/** The rows of a chain that ends as an export of everything does. */
function chainOf(count: number): Row[] {
  const rows: Row[] = [];
  for (let seq = 1; seq <= count; seq++) {
    const own = seq === count;
    const record: AuditRecord = {
      seq,
      at: `2026-11-22T02:10:00.${String(seq).padStart(3, '0')}Z`,
      actorId: 'someone',
      actorName: 'Zoë\u2028Ångström',
      actorRole: 'auditor',
      action: own ? 'history.export' : 'run.step',
      subject: seq % 2 ? `RB-000${seq}` : null,
      target: 'shop',
      outcome: 'done',
      payload: own ? { format: 'jsonl', filters: {} } : { position: seq, list: [1.5, { a: 'b' }] },
      requestId: `request-${seq}`,
      prevHash: rows.at(-1)?.hash ?? GENESIS_HASH,
    };
    rows.push({ ...record, hash: hashOf(record) });
  }
  return rows;
}

const CHAIN = chainOf(8);
const lineOf = (row: object) => canonicalJson(row);
const LINES = CHAIN.map(lineOf);
const fileOf = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');

async function* inPieces(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

const verify = (text: string | Uint8Array, options: VerifyExportOptions = {}, size = 64 * 1024) =>
  verifyExport(inPieces(Buffer.from(text), size), options);

const hashAt = (seq: number) => CHAIN[seq - 1]?.hash ?? '';

describe('an export of everything', () => {
  it.each([1, 7, 4_096])('is intact, read %i bytes at a time', async (size) => {
    expect(await verify(fileOf(LINES), {}, size)).toEqual({
      ok: true,
      kind: 'whole',
      rows: 8,
      firstSeq: 1,
      lastSeq: 8,
      lastAt: CHAIN[7]?.at,
      lastHash: hashAt(8),
      gaps: [],
      gapCount: 0,
      head: null,
      brokenAt: null,
    });
  });

  it('may have the line ends of another system, and none at the end', async () => {
    expect((await verify(LINES.join('\r\n'))).ok).toBe(true);
  });

  it('shows any change of any column of any row, whether or not its hash was made anew', async () => {
    const columns = Object.keys(CHAIN[0] ?? {}) as (keyof Row)[];
    const anything = fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.jsonValue());
    await fc.assert(
      fc.asyncProperty(
        fc.nat(CHAIN.length - 1),
        fc.constantFrom(...columns),
        anything,
        fc.boolean(),
        async (index, column, value, again) => {
          const row = CHAIN[index];
          if (!row || canonicalJson(row[column]) === canonicalJson(value)) return;
          const { hash, ...edited } = { ...row, [column]: value } as Row;
          const forged = { ...edited, hash: again && column !== 'hash' ? hashOf(edited) : hash };
          const lines = LINES.with(index, lineOf(forged));
          // The last row made anew fits the one before: only a kept hash tells.
          const found = await verify(fileOf(lines), again ? { head: hashAt(8) } : {});
          expect(found.ok).toBe(false);
          expect(found.rows).toBeLessThanOrEqual(again ? CHAIN.length : index);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('shows any change of a single byte', async () => {
    const bytes = Buffer.from(fileOf(LINES));
    await fc.assert(
      fc.asyncProperty(
        fc.nat(bytes.length - 1),
        fc.integer({ min: 1, max: 255 }),
        async (at, by) => {
          const edited = Buffer.from(bytes);
          edited[at] = ((edited[at] ?? 0) + by) % 256;
          // A line feed at the very end says nothing.
          if (at === bytes.length - 1 && edited[at] === 0x0d) return;
          expect((await verify(edited)).ok).toBe(false);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('shows rows that were taken out, moved, doubled or cut off', async () => {
    const order = fc.shuffledSubarray([...LINES.keys()], { minLength: 0 });
    await fc.assert(
      fc.asyncProperty(order, fc.nat(7), async (kept, twice) => {
        const indexes = kept.length === 8 ? kept.toSpliced(twice, 0, twice) : kept;
        const lines = indexes.map((index) => LINES[index] ?? '');
        expect((await verify(fileOf(lines))).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it.each<[string, string[], RegExp]>([
    ['the first row is gone', LINES.slice(1), /^Row 1 is missing\.$/],
    ['two in the middle are gone', LINES.toSpliced(3, 2), /^Rows 4 to 5 are missing\.$/],
    ['the end is gone', LINES.slice(0, 6), /Rows are missing after row 6/],
    ['everything is gone', [], /holds no row/],
    ['a row is there twice', LINES.toSpliced(3, 0, LINES[2] ?? ''), /^Row 3 stands after row 3/],
    ['two have changed places', LINES.with(2, LINES[3] ?? '').with(3, LINES[2] ?? ''), /^Row 3 is/],
    [
      'a row was put in',
      LINES.toSpliced(3, 0, lineOf({ ...CHAIN[2], seq: 4 })),
      /^Row 4 was changed/,
    ],
    ['a line is no row', LINES.with(3, '{"seq":4}'), /after row 3 is no row/],
    ['a line is empty', LINES.with(3, ''), /after row 3 is no row/],
    ['a field was added', LINES.with(3, lineOf({ ...CHAIN[3], note: 'x' })), /is no row/],
    [
      'a second value hides the first',
      LINES.with(3, (LINES[3] ?? '').replace('"target":', '"target":"other","target":')),
      /^Row 4 was changed/,
    ],
  ])('tells that %s', async (_name, lines, why) => {
    const found = await verify(fileOf(lines));
    expect(found.ok).toBe(false);
    expect(found.brokenAt?.why).toMatch(why);
  });

  it('tells a row that was written anew, with all that follow it', async () => {
    const { hash: _, ...fourth } = { ...(CHAIN[3] as Row), subject: 'forged' };
    const rows = [...CHAIN.slice(0, 3), { ...fourth, hash: hashOf(fourth) }];
    for (const { hash: _old, ...row } of CHAIN.slice(4)) {
      const record = { ...row, prevHash: rows.at(-1)?.hash ?? '' };
      rows.push({ ...record, hash: hashOf(record) });
    }
    const text = fileOf(rows.map(lineOf));
    expect((await verify(text)).ok).toBe(true);
    for (const seq of [4, 6, 8]) {
      expect((await verify(text, { head: hashAt(seq) })).brokenAt?.why).toMatch(/written anew/);
    }
    expect(await verify(text, { head: hashAt(3) })).toMatchObject({ ok: true, head: { seq: 3 } });
  });

  it('tells a file that breaks off inside of a row', async () => {
    const text = fileOf(LINES);
    expect((await verify(text.slice(0, -20))).brokenAt).toEqual({
      line: 8,
      seq: null,
      why: 'The file breaks off in the middle of a row, after row 7.',
    });
  });

  it('is not taken for text that it is not', async () => {
    const bytes = Buffer.concat([
      Buffer.from(fileOf(LINES.slice(0, 2))),
      Buffer.from([0xff, 0x0a]),
    ]);
    expect((await verify(bytes)).brokenAt).toEqual({
      line: 3,
      seq: null,
      why: 'The line after row 2 is not UTF-8.',
    });
    const utf16 = Buffer.from(`\ufeff${fileOf(LINES)}`, 'utf16le');
    expect((await verify(utf16)).ok).toBe(false);
  });
});

describe('a part of the chain', () => {
  const kept = [1, 2, 4, 5, 6].map((index) => LINES[index] ?? '');

  it('is told apart: its rows and their order are verified, its gaps are named', async () => {
    expect(await verify(fileOf(kept), { part: true })).toMatchObject({
      ok: true,
      kind: 'part',
      rows: 5,
      firstSeq: 2,
      lastSeq: 7,
      gaps: [
        { from: 1, to: 1 },
        { from: 4, to: 4 },
      ],
      gapCount: 2,
    });
    expect((await verify(fileOf(kept))).brokenAt).toMatchObject({ why: 'Row 1 is missing.' });
  });

  it('still shows a changed row, and two neighbours that do not fit', async () => {
    const edited = kept.with(3, lineOf({ ...CHAIN[5], target: 'another' }));
    expect((await verify(fileOf(edited), { part: true })).brokenAt).toMatchObject({ seq: 6 });
    const { hash: _, ...third } = { ...(CHAIN[2] as Row), prevHash: hashAt(5) };
    const forged = kept.with(1, lineOf({ ...third, hash: hashOf(third) }));
    expect((await verify(fileOf(forged), { part: true })).brokenAt?.why).toMatch(/does not follow/);
    const moved = [kept[1] ?? '', kept[0] ?? ''];
    expect((await verify(fileOf(moved), { part: true })).brokenAt?.why).toMatch(/were moved/);
  });

  it('is the whole chain when nothing is left out', async () => {
    expect(await verify(fileOf(LINES), { part: true })).toMatchObject({ ok: true, kind: 'whole' });
  });

  it('must hold the row whose hash was kept', async () => {
    expect((await verify(fileOf(kept), { part: true, head: hashAt(5) })).head?.seq).toBe(5);
    expect((await verify(fileOf(kept), { part: true, head: hashAt(4) })).ok).toBe(false);
  });

  it('names a hundred gaps and counts the others', async () => {
    const lines = chainOf(500)
      .filter(({ seq }) => seq % 2 === 0)
      .map(lineOf);
    const found = await verify(fileOf(lines), { part: true });
    expect([found.gaps.length, found.gapCount]).toEqual([100, 250]);
  });
});

it('CSV is refused with what to do', async () => {
  await expect(verify('seq,at,actorId,actorName\r\n1,2,3,4\r\n')).rejects.toThrow(/as JSON lines/);
});

it('a file without lines does not fill the memory', async () => {
  async function* endless() {
    for (;;) yield Buffer.alloc(1024 * 1024, 'x');
  }
  await expect(verifyExport(endless())).rejects.toThrow(/longer than any row/);
});
