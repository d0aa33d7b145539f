import { expect, it } from 'vitest';
import { sizeWords, worstHazard } from './hazard-chips';
import { agentimPlan } from './testing/agentim-plan';
import { agentimImpact } from './testing/live-impact';

const { relations } = agentimImpact;

it.each([
  ['public.service_agents', ' · ≈\u00a012,400 rows, 18.0 MB'],
  ['public.routers', ' · 12 rows, 32.0 kB'],
  ['public.elsewhere', ''],
  [undefined, ''],
])('says how large %s is where somebody looked', (relation, words) => {
  expect(sizeWords(relation, relations)).toBe(words);
});

it('leaves the rows out when nobody could tell them', () => {
  const rows = { value: null, estimate: false, source: 'timed out' };
  expect(sizeWords('public.t', { 'public.t': { rows, bytes: 8_192 } })).toBe(' · 8.0 kB');
  const one = { value: 1, estimate: false, source: 'counted' };
  expect(sizeWords('public.t', { 'public.t': { rows: one, bytes: 8_192 } })).toBe(
    ' · 1 row, 8.0 kB',
  );
});

it('finds the heaviest hazard of a statement', () => {
  const [statement] = agentimPlan.steps[2]?.statements ?? [];
  expect(statement && worstHazard(statement)?.code).toBe('drops_table');
  expect(worstHazard({ hazards: [] })).toBeUndefined();
});
