import { describe, expect, it } from 'vitest';
import { fenceLook, reappliedName, refusedWords } from './fence-look';

const again = [{ tag: '0035_fix', hash: 'abc', createdAt: '1' }];

describe('the fence of a target', () => {
  it.each([
    ['nothing', null, 'Fence is down'],
    ['a trigger', { kind: 'trigger', reapplied: [] }, 'Fence is up'],
    ['a watch', { kind: 'watch', reapplied: [] }, 'Watched, no fence'],
    ['what got past a watch', { kind: 'watch', reapplied: again }, 'Applied again'],
    ['what got past a trigger', { kind: 'trigger', reapplied: again }, 'Applied again'],
  ] as const)('names %s', (_name, fence, word) => {
    expect(fenceLook(fence ? { ...fence, reapplied: [...fence.reapplied] } : null).word).toBe(word);
  });

  it('counts what it has refused', () => {
    expect(refusedWords({ kind: 'trigger', refusals: 1 })).toBe('Refused newer images 1 time');
    expect(refusedWords({ kind: 'trigger', refusals: 1_204 })).toBe(
      'Refused newer images 1,204 times',
    );
    expect(refusedWords({ kind: 'trigger', refusals: 0 })).toBeNull();
  });

  it('does not say of a watch that it refuses', () => {
    expect(refusedWords({ kind: 'watch', refusals: 3 })).toBeNull();
  });

  it('names a migration that no file of the plan has by its hash', () => {
    expect(reappliedName({ tag: null, hash: '9f3a61c0d7e24b11' })).toBe(
      'a migration with the hash 9f3a61c0d7e2',
    );
  });
});
