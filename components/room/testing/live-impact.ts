import type { Amount, LiveImpact } from '@/lib/core/evidence';

export const counted = (value: number): Amount => ({ value, estimate: false, source: 'counted' });
export const estimated = (value: number): Amount => ({
  value,
  estimate: true,
  source: 'pg_class',
});

/** What the look at the live target found about the plan's statements. */
export const agentimImpact: LiveImpact = {
  takenAt: '2026-11-22T02:04:41.000Z',
  relations: {
    'public.bookmarks': { rows: counted(33), bytes: 49_152 },
    'public.service_agents': { rows: estimated(12_400), bytes: 18_874_368 },
    'public.routers': { rows: counted(12), bytes: 32_768 },
    'public.revoked_tokens': { rows: counted(3_260), bytes: 655_360 },
  },
  losses: [
    {
      position: 0,
      kind: 'narrowed_column',
      name: 'public.bookmarks.created_at',
      type: 'timestamptz → text',
      rows: counted(33),
      nonNull: counted(33),
      differs: counted(33),
      bytes: counted(264),
    },
    {
      position: 0,
      kind: 'rows',
      name: 'public.service_agents',
      type: null,
      rows: estimated(8_900),
      nonNull: null,
      differs: null,
      bytes: { value: null, estimate: false, source: 'the time limit of 2 s was over' },
    },
    {
      position: 2,
      kind: 'table',
      name: 'public.revoked_tokens',
      type: null,
      rows: counted(3_260),
      nonNull: null,
      differs: null,
      bytes: counted(655_360),
    },
  ],
  findings: [
    {
      position: 2,
      statement: 0,
      code: 'cascade',
      severity: 'info',
      message: 'Nothing else depends on public.revoked_tokens.',
    },
  ],
  durationMs: 184,
  problems: [],
};
