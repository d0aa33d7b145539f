import { expect, it } from 'vitest';
import { subjectHref } from './subject-href';

it.each([
  ['RB-0017', '/rollbacks/RB-0017'],
  ['B-0003', '/backups/B-0003'],
  ['ER-0001', '/restore/ER-0001'],
  ['B-3', undefined],
  ['maya@example.com', undefined],
])('%s leads to %s', (subject, href) => {
  expect(subjectHref(subject)).toBe(href);
});
