import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appendAudit, verifyChain } from '@/lib/audit';
import { inTransaction } from '@/lib/control';
import type { Role } from '@/lib/core/actor';
import { createSampleControl, type SampleControl } from '@/lib/migrations/sample-control.fixture';
import { exportHistory, historyFilters } from '.';

let room: SampleControl;

beforeAll(async () => {
  room = await createSampleControl();
});
afterAll(() => room.dispose());

const append = (subject: string, payload: Record<string, unknown> = {}, target?: string) =>
  inTransaction(room.as(room.people.admin), (tx) =>
    appendAudit(tx, { action: 'person.add', subject, target, outcome: 'done', payload }),
  );

async function exported(format: 'csv' | 'jsonl', filters: Record<string, string> = {}) {
  const ctx = room.as(room.people.auditor);
  let text = '';
  for await (const part of await exportHistory(ctx, historyFilters.parse(filters), format)) {
    text += part;
  }
  return text;
}

const linesOf = (jsonl: string) => jsonl.split('\n').slice(0, -1);

/** What an auditor can do with a text editor and sha256sum: nothing of Backstep is used here. */
function findBroken(jsonl: string): number | undefined {
  let before = '0'.repeat(64);
  for (const line of linesOf(jsonl)) {
    const { seq, hash, prevHash } = JSON.parse(line);
    const hashed = line.replace(`"hash":"${hash}",`, '');
    const computed = createHash('sha256').update(hashed, 'utf8').digest('hex');
    if (computed !== hash || prevHash !== before) return seq;
    before = hash;
  }
  return undefined;
}

describe('JSONL', () => {
  it('can be verified from its lines alone, and any edit shows', async () => {
    await append('plain');
    await append('with "hash":"0" in it', {
      hash: 'x',
      nested: { b: [1.1, 1e21], a: 'Zoë 🚀\u2028' },
    });
    for (let index = 0; index < 5; index++) await append(`person ${index}`);
    const text = await exported('jsonl');
    expect(linesOf(text)).toHaveLength(8);
    expect(findBroken(text)).toBeUndefined();
    expect(findBroken(text.replace('person 2', 'person 9'))).toBe(5);
    expect(findBroken(text.replace('[1.1,', '[1.2,'))).toBe(2);
    const removed = linesOf(text).toSpliced(3, 1).join('\n');
    expect(findBroken(`${removed}\n`)).toBe(5);
  });

  it('ends with the hash that the chain ends with', async () => {
    const last = linesOf(await exported('jsonl')).at(-1) ?? '';
    const { lastSeq, lastHash } = await verifyChain(room.as(room.people.auditor));
    expect(JSON.parse(last)).toMatchObject({ seq: lastSeq, hash: lastHash });
  });

  it('goes over the edge of a batch without gap or double', async () => {
    await inTransaction(room.as(room.people.admin), async (tx) => {
      for (let index = 0; index < 1_001; index++) {
        await appendAudit(tx, { action: 'person.add', target: 'many', outcome: 'done' });
      }
    });
    const seqs = linesOf(await exported('jsonl', { target: 'many' })).map(
      (line) => JSON.parse(line).seq,
    );
    // The export of a target's history belongs to that history.
    expect(seqs).toHaveLength(1_002);
    expect(seqs).toEqual(Array.from({ length: 1_002 }, (_, index) => seqs[0] + index));
  });

  it('ends with its own row, whatever is appended while it is read', async () => {
    const parts = await exportHistory(room.as(room.people.auditor), {}, 'jsonl');
    await append('too late');
    let text = '';
    for await (const part of parts) text += part;
    expect(JSON.parse(linesOf(text).at(-1) ?? '')).toMatchObject({
      action: 'history.export',
      payload: { format: 'jsonl', filters: {} },
    });
  });

  it('of nothing is empty', async () => {
    expect(await exported('jsonl', { subject: 'nobody at all' })).toBe('');
  });
});

describe('CSV', () => {
  it('is RFC 4180, and no field begins like a formula', async () => {
    const subjects = [
      '=1+1',
      '+1',
      '-1',
      '@SUM(A1)',
      '\tx',
      '\rx',
      '\nx',
      'a,b',
      'say "x"',
      'two\nlines',
    ];
    for (const subject of subjects) await append(subject, { note: '=1' }, 'csv-target');
    const text = await exported('csv', { target: 'csv-target', action: 'person.add' });
    const [header, ...records] = readCsv(text);
    expect(header).toEqual([
      'seq',
      'at',
      'actorId',
      'actorName',
      'actorRole',
      'action',
      'subject',
      'target',
      'outcome',
      'payload',
      'requestId',
      'prevHash',
      'hash',
    ]);
    expect(records.map((record) => record[6])).toEqual([
      "'=1+1",
      "'+1",
      "'-1",
      "'@SUM(A1)",
      "'\tx",
      "'\rx",
      "'\nx",
      'a,b',
      'say "x"',
      'two\nlines',
    ]);
    expect(records.map((record) => record[9])).toEqual(subjects.map(() => '{"note":"=1"}'));
    expect(text).toContain(',"a,b",csv-target,');
    expect(text).toContain(',"say ""x""",');
    expect(text.endsWith('\r\n')).toBe(true);
  });

  it('of nothing is its header', async () => {
    expect(readCsv(await exported('csv', { subject: 'nobody at all' }))).toHaveLength(1);
  });
});

/** Reads CSV as RFC 4180 describes it. */
function readCsv(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  for (let match = field.exec(text); match; match = field.exec(text)) {
    record.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === ',') continue;
    records.push(record);
    record = [];
  }
  expect(records.flat().length % 13).toBe(0);
  return records;
}

describe('an export', () => {
  it('is in the history before its first line is read, with its filter', async () => {
    const ctx = room.as(room.people.auditor);
    await exportHistory(ctx, { action: 'person.add' }, 'csv');
    const { rows } = await room.control.pool.query(
      'SELECT action, actor_id, payload FROM backstep.audit_log ORDER BY seq DESC LIMIT 1',
    );
    expect(rows).toEqual([
      {
        action: 'history.export',
        actor_id: room.people.auditor.id,
        payload: { format: 'csv', filters: { action: 'person.add' } },
      },
    ]);
  });

  it.each<Role>(['on_call', 'reviewer'])('is not for the role %s', async (role) => {
    await expect(exportHistory(room.as(room.people[role]), {}, 'csv')).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});
