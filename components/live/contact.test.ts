import { expect, it } from 'vitest';
import { type Contact, contactOf, describeContact } from './contact';

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

it.each([
  ['live', false, 'live', 60_000],
  ['live', true, 'lost', 20_000],
  ['lost', true, 'lost', 60_000],
  ['connecting', true, 'connecting', 60_000],
] as const)(
  'a stream that is %s, reading unanswered: %s → %s',
  (state, unanswered, told, agoMs) => {
    const found = contactOf(contact(state, 60_000), unanswered, NOW - 20_000);
    expect(found).toEqual(contact(told, agoMs));
  },
);
