import type { StepProof } from '@/lib/core/evidence';
import type { Proof } from '@/lib/core/proof';

export const proofFixture = (over: Partial<Proof> = {}): Proof => ({
  grade: 'exact',
  losesData: 'none',
  dataNotes: [],
  residue: [],
  missing: [],
  reapply: 'ok',
  secondRun: 'ok',
  error: null,
  remarks: [],
  changes: [],
  hazards: [],
  method: 'transaction',
  durationMs: 412,
  ...over,
});

/** What the round trips of the plan's three scripts said. */
export const agentimProofs: StepProof[] = [
  {
    position: 0,
    tag: '0035_fix_timestamp_column_types',
    proof: proofFixture({
      losesData: 'older',
      dataNotes: ['public.bookmarks.created_at: 3 of 3 values come back in another format.'],
      secondRun: 'fails',
    }),
  },
  {
    position: 1,
    tag: '0034_add_unique_name_indexes',
    proof: proofFixture({
      grade: 'leaves_residue',
      residue: ['index public.agents_created_by_name_idx'],
      reapply: 'fails',
      remarks: ['The migration creates three indexes, the script drops two.'],
    }),
  },
  {
    position: 2,
    tag: '0033_add_revoked_tokens',
    proof: proofFixture({
      losesData: 'own',
      dataNotes: ['public.revoked_tokens: 3 of 3 rows are gone. The migration made the table.'],
    }),
  },
];
