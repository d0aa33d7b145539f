import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFaultRoom, type FaultRoom } from '@/lib/testing/fault-room';
import { ledgerHistory } from '@/lib/testing/ledger-history';
import { expectAgreement } from '@/lib/testing/oracle';

let room: FaultRoom;
beforeAll(async () => {
  room = await createFaultRoom();
});
afterAll(() => room.dispose());

const STATEMENTS = 10_000;
const MEGABYTE = 1_000_000;

const history = (statements: number) =>
  ledgerHistory([
    {
      up: 'CREATE TABLE lines (n int, text text);',
      down: `${Array.from({ length: statements - 2 }, (_, n) => `INSERT INTO lines VALUES (${n}, 'line ${n}');`).join('\n')}\nDROP TABLE lines;`,
    },
  ]);

describe('a script of 10,000 statements', { timeout: 240_000 }, () => {
  it('runs with as many events, in memory that does not grow with them', async () => {
    const small = await room.target(history(10));
    const executor = await room.executor({ watchHeap: true });
    await small.press();
    expect(await small.settled()).toMatchObject({ outcome: 'changed_verified' });
    const before = executor.heapPeak();
    expect(before).toBeGreaterThan(0);

    const long = await room.target(history(STATEMENTS));
    await long.press();
    expect(await long.settled()).toMatchObject({ outcome: 'changed_verified' });
    const finished = (await long.events()).filter(({ kind }) => kind === 'statement.finished');
    expect(finished).toHaveLength(STATEMENTS);
    await expectAgreement(room.system(), long);
    // The plan with its 10,000 statements is in memory; 20,000 events beside it are not.
    expect(executor.heapPeak() - before).toBeLessThan(40 * MEGABYTE);
  });
});
