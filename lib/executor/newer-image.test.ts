import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootImage, type Generation, writeVersions } from '@/lib/testing/drizzle-generations';
import { createFaultRoom, type FaultRoom, type FaultTarget, until } from '@/lib/testing/fault-room';
import { PLAIN } from '@/lib/testing/ledger-history';
import { expectAgreement } from '@/lib/testing/oracle';

/** An image of the newer release boots and calls migrate(), as both generations of drizzle do it. */
let room: FaultRoom;
const RUN = /^backstep run /;

beforeAll(async () => {
  room = await createFaultRoom();
  await room.target(PLAIN);
  await room.executor();
});
afterAll(() => room.dispose());

/** Waits until the image stands in front of what the step holds: the tracking table, or its tables. */
async function waitUntilItWaits({ sample }: FaultTarget): Promise<void> {
  const looker = await sample.database.connect();
  await until('the image waits', async () => {
    const { rowCount } = await looker.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
       AND application_name NOT LIKE 'backstep %'`,
    );
    return rowCount === 1;
  });
  await looker.end();
}

/** The folder as the older release has it. */
async function olderRelease({ sample }: FaultTarget, generation: Generation): Promise<void> {
  if (generation === '0.x') await sample.writeFolder(1);
  else await writeVersions(sample, PLAIN.slice(0, 1));
}

describe.concurrent.each<Generation>(['0.x', '1.x'])(
  'an image with drizzle %s',
  { timeout: 180_000 },
  (generation) => {
    it('waits during a step, and is refused by the fence after it', async () => {
      const target = await room.target(PLAIN, { generation });
      const held = target.proxy.hold({
        session: RUN,
        statement: /^COMMIT/,
        nth: 2,
        when: 'before',
      });
      await target.press();
      const at = await held;
      const said = bootImage(target.sample, generation);
      await waitUntilItWaits(target);
      at.forward();
      expect(await said).toMatch(/Backstep fence/);
      expect(await target.settled()).toMatchObject({ outcome: 'changed_verified' });
      await expectAgreement(room.system(), target);

      expect(await bootImage(target.sample, generation)).toMatch(/Backstep fence/);
      await expectAgreement(room.system(), target);
      await olderRelease(target, generation);
      expect(await bootImage(target.sample, generation)).toBe('booted');
      await expectAgreement(room.system(), target);
    });

    it('boots before the first step is in, and finds nothing to do', async () => {
      const target = await room.target(PLAIN, { generation });
      const held = target.proxy.hold({ session: RUN, statement: /^COMMIT/, when: 'before' });
      await target.press();
      const at = await held;
      expect(await bootImage(target.sample, generation)).toBe('booted');
      at.forward();
      expect(await target.settled()).toMatchObject({ outcome: 'changed_verified' });
      await expectAgreement(room.system(), target);
    });
  },
);
