import { expect, it } from 'vitest';
import { gradesSummary, proofOf } from './step-proofs';
import { agentimRehearsal } from './testing/agentim-plan';
import { rehearsalFixture, roomFixture } from './testing/room-fixture';

it('finds the proof of a step', () => {
  expect(proofOf(roomFixture(), 1)?.grade).toBe('leaves_residue');
  expect(proofOf(roomFixture(), 7)).toBeNull();
});

it('takes no proof from the rehearsal of another plan', () => {
  const rehearsal = rehearsalFixture({ digest: 'other' });
  expect(proofOf(roomFixture({ rehearsal }), 1)).toBeNull();
});

it('counts the grades of the plan, and what has none', () => {
  expect(gradesSummary(roomFixture())).toBe('2 proven with data loss, 1 leaves residue');
  expect(gradesSummary(roomFixture({ rehearsal: null }))).toBe('3 not proven yet');
  const result = { ...agentimRehearsal, proofs: agentimRehearsal.proofs.slice(0, 1) };
  expect(gradesSummary(roomFixture({ rehearsal: rehearsalFixture({ result }) }))).toBe(
    '1 proven with data loss, 2 not proven yet',
  );
});
