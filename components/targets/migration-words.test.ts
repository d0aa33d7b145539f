import { expect, it } from 'vitest';
import type { MigrationLine } from '@/lib/core/views';
import { whyNotInBrief, whyNotInShort } from './migration-words';

const line = (over: Partial<MigrationLine>) =>
  ({ destination: false, head: false, state: 'applied', whyNot: null, ...over }) as MigrationLine;

it.each([
  ['nothing of a destination', line({ destination: true }), null, null],
  ['that it is the head', line({ head: true }), 'Head already', 'Head already'],
  ['that it is out of reach', line({}), 'Chain stops at 0019', 'Below 0019'],
  ['a state of its own', line({ state: 'pending' }), 'Not applied', 'Not applied'],
  [
    'a reason of its own',
    line({ state: 'changed', whyNot: 'Two rows have this time.' }),
    'Same journal time',
    'Same journal time',
  ],
])('says %s, in fewer words on a phone', (_name, migration, short, brief) => {
  expect(whyNotInShort(migration, '0019')).toBe(short);
  expect(whyNotInBrief(migration, '0019')).toBe(brief);
});

it('says the same where no migration is known to be the end', () => {
  expect(whyNotInBrief(line({}), null)).toBe('Out of reach');
});
