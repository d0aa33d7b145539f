import { describe, expect, it } from 'vitest';
import {
  backupRehearsal,
  testRestoreFixture,
} from '@/components/backups/testing/test-restore-fixture';
import { measuredSteps, undoMs } from './rehearsal-times';
import { backupFixture, rehearsalFixture, roomFixture } from './testing/room-fixture';

const { digest } = roomFixture();
const tested = (rehearsal: ReturnType<typeof backupRehearsal>) =>
  roomFixture({ backup: backupFixture({ testRestore: testRestoreFixture({ rehearsal }) }) });

describe('what the steps took', () => {
  it('is measured on the rows of the backup where this plan passed on it', () => {
    const found = measuredSteps(tested(backupRehearsal({ digest })));
    expect(found?.backup).toBe('B-0021');
    expect(found && undoMs(found)).toBe(8_100);
  });

  it.each([
    ['the plan failed on it', backupRehearsal({ digest, ok: false })],
    ['another plan ran on it', backupRehearsal()],
  ])('is that of the rehearsal without rows where %s', (_name, rehearsal) => {
    const room = tested(rehearsal);
    expect(measuredSteps(room)).toEqual({ steps: room.rehearsal?.result?.steps, backup: null });
  });

  it('is not known before a rehearsal of this plan', () => {
    expect(measuredSteps(roomFixture({ rehearsal: null }))).toBeNull();
    expect(
      measuredSteps(roomFixture({ rehearsal: rehearsalFixture({ digest: 'another' }) })),
    ).toBeNull();
  });
});
