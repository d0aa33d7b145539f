import { describe, expect, it } from 'vitest';
import { pace, TableCounter, withProgress } from './dump-progress';

describe('counting tables', () => {
  it('counts what the workers have finished', () => {
    const counter = new TableCounter(true);
    for (const line of [
      'pg_dump: dumping contents of table "public.messages"',
      'pg_dump: dumping contents of table "public.rooms"',
      'pg_dump: finished item 3421 TABLE DATA rooms',
      'pg_dump: finished item 3422 BLOBS BLOBS',
    ]) {
      counter.read(line);
    }
    expect(counter.done).toBe(1);
  });

  it('takes a table for finished, without workers, when the next one begins', () => {
    const counter = new TableCounter(false);
    expect(counter.done).toBe(0);
    counter.read('pg_dump: dumping contents of table "public.messages"');
    expect(counter.done).toBe(0);
    counter.read('pg_dump: dumping contents of table "public.rooms"');
    expect(counter.done).toBe(1);
  });
});

describe('how much is through', () => {
  const sizes = new Map([
    ['public.messages', 800],
    ['public.rooms', 150],
    ['other.rooms', 50],
  ]);

  it('is weighed by the size of the tables', () => {
    const counter = new TableCounter(true, sizes);
    counter.read('pg_dump: dumping contents of table "public.messages"');
    counter.read('pg_dump: dumping contents of table "public.rooms"');
    expect(counter.share).toBe(0);
    counter.read('pg_dump: finished item 3422 TABLE DATA rooms');
    expect(counter.share).toBeCloseTo(0.15);
    counter.read('pg_dump: finished item 3421 TABLE DATA messages');
    expect(counter.share).toBeCloseTo(0.95);
  });

  it('is known without workers, too, and not at all without sizes', () => {
    const counter = new TableCounter(false, sizes);
    counter.read('pg_dump: dumping contents of table "public.messages"');
    expect(counter.share).toBe(0);
    counter.read('pg_dump: dumping contents of table "public.rooms"');
    expect(counter.share).toBeCloseTo(0.8);
    expect(new TableCounter(true).share).toBeNull();
  });

  it.each([
    [500, 1_000, 0.5, {}],
    [10_000, 5_000, null, { bytesPerSecond: 500 }],
    [10_000, 5_000, 0, { bytesPerSecond: 500 }],
    [10_000, 5_000, 0.25, { bytesPerSecond: 500, secondsLeft: 30 }],
    [10_000, 5_000, 1, { bytesPerSecond: 500, secondsLeft: 0 }],
  ])('gives a pace after %d ms, %d bytes and a share of %s', (elapsed, bytes, share, expected) => {
    expect(pace(elapsed, bytes, share)).toEqual(expected);
  });
});

describe('reporting', () => {
  it('tells what has changed, not what has stayed, and survives a look that fails', async () => {
    const looks = [
      { bytes: 1, tablesDone: 0 },
      undefined,
      { bytes: 1, tablesDone: 0 },
      { bytes: 2, tablesDone: 0 },
    ];
    const reports: number[] = [];
    let finish = () => {};
    const seen = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const value = await withProgress(
      async () => {
        const look = looks.shift();
        if (!look) throw new Error('a file was renamed');
        return look;
      },
      async ({ bytes }) => {
        reports.push(bytes);
        if (bytes === 2) finish();
        return true;
      },
      async () => {
        await seen;
        return 'done';
      },
    );
    expect(value).toBe('done');
    expect(reports).toEqual([1, 2]);
  });

  it('ends when it is told that nobody wants it, and when the work fails', async () => {
    let reports = 0;
    await expect(
      withProgress(
        async () => ({ bytes: reports, tablesDone: 0 }),
        async () => {
          reports += 1;
          return false;
        },
        async () => {
          throw new Error('the dump failed');
        },
      ),
    ).rejects.toThrow('the dump failed');
    expect(reports).toBeLessThanOrEqual(1);
  });
});
