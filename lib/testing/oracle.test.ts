import { afterAll, beforeAll, expect, it } from 'vitest';
import { createFaultRoom, type FaultRoom, type FaultTarget } from './fault-room';
import { PLAIN } from './ledger-history';
import { disagreements, expectAgreement } from './oracle';

/** An oracle that never says no proves nothing. */
let room: FaultRoom;
let target: FaultTarget;

beforeAll(async () => {
  room = await createFaultRoom();
  target = await room.target(PLAIN);
  await room.executor();
  await target.press();
  await target.settled();
});
afterAll(() => room.dispose());

const LIES: [string, 'target' | 'control', string, string, RegExp][] = [
  [
    'a script that ran twice',
    'target',
    "INSERT INTO ledger (mark) VALUES ('0003')",
    'DELETE FROM ledger WHERE n = (SELECT max(n) FROM ledger)',
    /The ledger says 0003,0002,0001,0003/,
  ],
  [
    'a schema that is another one',
    'target',
    'CREATE TABLE surprise ()',
    'DROP TABLE surprise',
    /the schema is another one/,
  ],
  [
    'a tracking row too many',
    'target',
    "ALTER TABLE drizzle.__drizzle_migrations DISABLE TRIGGER USER; INSERT INTO drizzle.__drizzle_migrations (id, hash, created_at) VALUES (99, 'x', 1); ALTER TABLE drizzle.__drizzle_migrations ENABLE TRIGGER USER",
    'DELETE FROM drizzle.__drizzle_migrations WHERE id = 99',
    /the target has the tracking rows 1, 99/,
  ],
  [
    'a step that is told twice',
    'control',
    "INSERT INTO backstep.rollback_events (rollback_id, seq, kind, payload) SELECT rollback_id, max(seq) + 1, 'step.committed', '{\"position\": 2}' FROM backstep.rollback_events GROUP BY 1",
    'DELETE FROM backstep.rollback_events WHERE seq = (SELECT max(seq) FROM backstep.rollback_events)',
    /The timeline commits 0,1,2,2/,
  ],
  [
    'a step that is counted and not in',
    'control',
    "UPDATE backstep.rollback_steps SET status = 'failed' WHERE position = 2",
    "UPDATE backstep.rollback_steps SET status = 'committed' WHERE position = 2",
    /2 steps are committed, and steps_done is 3/,
  ],
];

/** Past the triggers of the control database, which would not let it be told. */
const past = (text: string) =>
  `BEGIN; SET LOCAL session_replication_role = replica; ${text}; COMMIT`;

it('agrees with a run that went well', () => expectAgreement(room.system(), target));

it.each(LIES)('sees %s', async (_what, where, lie, truth, told) => {
  const say = (text: string) =>
    where === 'target' ? target.sample.sql(text) : room.control.pool.query(past(text));
  await say(lie);
  const found = await disagreements(room.system(), target);
  await say(truth);
  expect(found.join('\n')).toMatch(told);
  expect(await disagreements(room.system(), target)).toEqual([]);
});
