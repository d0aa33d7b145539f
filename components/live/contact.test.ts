import { expect, it } from 'vitest';
import { type Contact, describeContact } from './contact';

const NOW = 1_000_000;
const contact = (state: Contact['state'], agoMs: number): Contact => ({
  state,
  since: NOW - agoMs,
});

it.each([
  ['connecting', 900, null, 'connecting', 900],
  ['live', 60_000, 200, 'live', 200],
  ['live', 60_000, null, 'live', 60_000],
  ['lost', 2_000, 200, 'reconnecting', 2_000],
  ['lost', 13_000, 200, 'no contact', 13_000],
  ['lost', -50, 200, 'reconnecting', 0],
] as const)('%s since %i ms, last event %s: %s', (state, agoMs, lastEvent, word, ageMs) => {
  expect(describeContact(contact(state, agoMs), NOW, lastEvent)).toMatchObject({ word, ageMs });
});
