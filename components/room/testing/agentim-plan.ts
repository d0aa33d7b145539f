import type { SchemaChange } from '@/lib/core/catalog';
import type { RehearsalResult } from '@/lib/core/evidence';
import type { Plan, PlanStep } from '@/lib/core/plan';
import type { Hazard, Statement } from '@/lib/core/statement';
import { agentimImpact } from './live-impact';
import { agentimProofs } from './proofs';

/** A hash that looks like one and differs by its seed. */
export function hashOf(seed: number): string {
  let value = seed * 2_654_435_761;
  let out = '';
  while (out.length < 64) {
    value = (value ^ (value >>> 13)) * 1_274_126_177;
    out += (value >>> 0).toString(16).padStart(8, '0');
  }
  return out.slice(0, 64);
}

const accessExclusive = (relation: string): Partial<Hazard> => ({
  relation,
  lock: 'ACCESS EXCLUSIVE',
});

function statement(
  index: number,
  line: number,
  kind: string,
  text: string,
  hazards: Hazard[] = [],
): Statement {
  return { index, line, kind, text, transactional: true, hazards };
}

function step(
  position: number,
  tag: string,
  rowId: number,
  statements: Statement[],
  over: Partial<PlanStep> = {},
): PlanStep {
  const number = tag.slice(0, 4);
  return {
    position,
    tag,
    number,
    upHash: hashOf(rowId),
    row: { id: rowId, hash: hashOf(rowId), createdAt: String(1_763_000_000_000 + rowId * 1_000) },
    rollbackFile: `${number}_rollback.sql`,
    pairedBy: 'number',
    rollbackSha256: hashOf(rowId + 1_000),
    rollbackSql: statements.map((one) => `${one.text};`).join('\n'),
    unwrapped: false,
    statements,
    ...over,
  };
}

const agentimSteps: PlanStep[] = [
  step(0, '0035_fix_timestamp_column_types', 36, [
    statement(
      0,
      5,
      'AlterTableStmt',
      `ALTER TABLE "bookmarks"\n  ALTER COLUMN "created_at" DROP DEFAULT,\n  ALTER COLUMN "created_at" SET DATA TYPE text USING to_char("created_at" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
      [
        {
          code: 'changes_type',
          severity: 'warn',
          label: 'Changes type of created_at to text',
          ...accessExclusive('public.bookmarks'),
        },
      ],
    ),
    statement(
      1,
      9,
      'UpdateStmt',
      `UPDATE "service_agents"\n   SET "visibility" = 'private'\n WHERE "visibility" = 'list'`,
      [
        {
          code: 'updates_rows',
          severity: 'info',
          label: 'Updates rows',
          relation: 'public.service_agents',
          lock: 'ROW EXCLUSIVE',
        },
      ],
    ),
  ]),
  step(
    1,
    '0034_add_unique_name_indexes',
    35,
    [
      statement(0, 3, 'DropStmt', 'DROP INDEX IF EXISTS "service_agents_created_by_name_idx"', [
        {
          code: 'drops_index',
          severity: 'info',
          label: 'Drops index service_agents_created_by_name_idx',
          ...accessExclusive('public.service_agents'),
        },
      ]),
      statement(1, 4, 'DropStmt', 'DROP INDEX IF EXISTS "routers_created_by_name_idx"', [
        {
          code: 'drops_index',
          severity: 'info',
          label: 'Drops index routers_created_by_name_idx',
          ...accessExclusive('public.routers'),
        },
      ]),
    ],
    { unwrapped: true },
  ),
  step(
    2,
    '0033_add_revoked_tokens',
    34,
    [
      statement(0, 3, 'DropStmt', 'DROP TABLE IF EXISTS "revoked_tokens"', [
        {
          code: 'drops_table',
          severity: 'danger',
          label: 'Drops table revoked_tokens',
          detail: 'Every row of it is gone, and so are its indexes and constraints.',
          safer: 'Rename the table, and drop it when nothing has asked for it for a week.',
          ...accessExclusive('public.revoked_tokens'),
        },
      ]),
    ],
    { pairedBy: 'proof' },
  ),
];

export const agentimPlan: Plan = {
  target: 'agentim-production',
  database: { systemIdentifier: '7431902218734509121', name: 'agentim', serverVersionNum: 150_018 },
  tracking: { schema: 'drizzle', table: '__drizzle_migrations' },
  from: { tag: '0035_fix_timestamp_column_types', number: '0035' },
  to: { tag: '0032_add_push_subscriptions', number: '0032' },
  steps: agentimSteps,
  rows: Array.from({ length: 36 }, (_, index) => ({
    id: index + 1,
    hash: hashOf(index + 1),
    createdAt: String(1_763_000_000_000 + (index + 1) * 1_000),
  })),
  replay: [],
  layout: 'journal',
  forecast: {
    before: { drizzle: '0.x', applies: ['0036_lively_bullseye'], skips: [] },
    after: {
      drizzle: '0.x',
      applies: [
        '0033_add_revoked_tokens',
        '0034_add_unique_name_indexes',
        '0035_fix_timestamp_column_types',
        '0036_lively_bullseye',
      ],
      skips: [],
    },
  },
  schemaFingerprint: hashOf(500),
};

const changes: SchemaChange[][] = [
  [
    {
      change: 'changed',
      kind: 'column',
      name: 'public.bookmarks.created_at',
      parent: 'public.bookmarks',
      before: 'created_at timestamp with time zone NOT NULL DEFAULT now()',
      after: 'created_at text NOT NULL',
      attributes: [
        { name: 'type', before: 'timestamp with time zone', after: 'text' },
        { name: 'default', before: 'now()', after: null },
      ],
    },
  ],
  [
    {
      change: 'removed',
      kind: 'index',
      name: 'public.routers_created_by_name_idx',
      parent: 'public.routers',
      before:
        'UNIQUE INDEX routers_created_by_name_idx ON public.routers USING btree (created_by_id, name)',
    },
    {
      change: 'removed',
      kind: 'index',
      name: 'public.service_agents_created_by_name_idx',
      parent: 'public.service_agents',
      before:
        'UNIQUE INDEX service_agents_created_by_name_idx ON public.service_agents USING btree (created_by_id, name)',
    },
  ],
  [
    {
      change: 'removed',
      kind: 'table',
      name: 'public.revoked_tokens',
      before: 'table revoked_tokens',
    },
    {
      change: 'removed',
      kind: 'column',
      name: 'public.revoked_tokens.jti',
      parent: 'public.revoked_tokens',
      before: 'jti text NOT NULL',
    },
    {
      change: 'removed',
      kind: 'column',
      name: 'public.revoked_tokens.expires_at',
      parent: 'public.revoked_tokens',
      before: 'expires_at timestamp with time zone NOT NULL',
    },
    {
      change: 'removed',
      kind: 'constraint',
      name: 'public.revoked_tokens.revoked_tokens_pkey',
      parent: 'public.revoked_tokens',
      before: 'revoked_tokens_pkey PRIMARY KEY (jti)',
    },
  ],
];

const durations = [[820, 390], [22, 18], [61]];

export const agentimRehearsal: RehearsalResult = {
  mode: 'replay',
  cloneReason: null,
  proofs: agentimProofs,
  impact: agentimImpact,
  serverVersionNum: 150_018,
  objectsCompared: 214,
  fingerprintBefore: hashOf(500),
  drift: [],
  replayMs: 2_140,
  totalMs: 4_310,
  steps: agentimSteps.map((one, position) => ({
    position,
    tag: one.tag,
    durationMs: (durations[position] ?? []).reduce((sum, ms) => sum + ms, 12),
    statements: one.statements.map((_, index) => ({
      index,
      durationMs: durations[position]?.[index] ?? 1,
      rows: position === 0 && index === 1 ? 8_911 : null,
    })),
    changes: changes[position] ?? [],
    fingerprintAfter: hashOf(501 + position),
  })),
};
