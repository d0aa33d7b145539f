import type { Actor } from '@/lib/core/actor';
import { dangersOf } from '@/lib/core/dangers';
import type {
  Acknowledgement,
  ApprovalEvidence,
  BackupEvidence,
  FenceEvidence,
  RehearsalEvidence,
  RunEvidence,
  StepEvidence,
  StepStatus,
} from '@/lib/core/evidence';
import { gates } from '@/lib/core/gates';
import { DEFAULT_POLICY } from '@/lib/core/policy';
import type { RollbackRoom } from '@/lib/core/views';
import { agentimPlan, agentimRehearsal, hashOf } from './agentim-plan';

const NOW = Date.parse('2026-11-22T02:16:38.000Z');
export const agoIso = (ms: number): string => new Date(NOW - ms).toISOString();
export const MINUTE = 60_000;

type Person = Actor & { kind: 'user' };

export const maya: Person = {
  kind: 'user',
  id: 'maya',
  name: 'Maya Okafor',
  email: 'maya@example.com',
  role: 'on_call',
};
export const jonas: Person = {
  kind: 'user',
  id: 'jonas',
  name: 'Jonas Weber',
  email: 'jonas@example.com',
  role: 'reviewer',
};
export const auditor: Person = { ...jonas, id: 'paula', name: 'Paula Ruiz', role: 'auditor' };

const DIGEST = hashOf(9_000);

export const rehearsalFixture = (over: Partial<RehearsalEvidence> = {}): RehearsalEvidence => ({
  id: 1,
  digest: DIGEST,
  state: 'passed',
  queuedAt: agoIso(12 * MINUTE),
  startedAt: agoIso(12 * MINUTE),
  finishedAt: agoIso(11.9 * MINUTE),
  progress: null,
  result: agentimRehearsal,
  error: null,
  ...over,
});

export const backupFixture = (over: Partial<BackupEvidence> = {}): BackupEvidence => ({
  id: 21,
  label: 'B-0021',
  state: 'passed',
  method: 'pg_dump',
  level: 'read',
  attestation: null,
  testRestore: null,
  queuedAt: agoIso(11 * MINUTE),
  startedAt: agoIso(11 * MINUTE),
  finishedAt: agoIso(10.4 * MINUTE),
  snapshotAt: agoIso(10.57 * MINUTE),
  expiresAt: agoIso((10.57 - 60) * MINUTE),
  takenBy: maya.name,
  takenById: maya.id,
  progress: null,
  cancelRequestedBy: null,
  prunedAt: null,
  location: '/var/lib/backstep/backups/agentim-production/B-0021',
  sizeBytes: 432_013_312,
  databaseBytes: 2_254_857_830,
  manifestSha256: hashOf(77),
  toolVersion: 'pg_dump 15.18',
  checks: [
    {
      name: 'Identity recorded',
      evidence: 'system identifier 7431902218734509121, database agentim, PostgreSQL 15.18',
      ok: true,
      durationMs: 41,
    },
    {
      name: 'Dump finished',
      evidence: 'exit 0, 61 tables, no warnings',
      ok: true,
      durationMs: 17_020,
    },
    {
      name: 'Checksums stored',
      evidence: 'SHA-256 of 64 files, 412 MB',
      ok: true,
      durationMs: 910,
    },
    { name: 'Full read', evidence: '61 tables read back, 0 errors', ok: true, durationMs: 4_210 },
  ],
  error: null,
  ...over,
});

export const approvalFixture = (over: Partial<ApprovalEvidence> = {}): ApprovalEvidence => ({
  id: 1,
  digest: DIGEST,
  decision: 'approved',
  comment: 'Checked 1.1 and the rehearsal. Watch step 2.',
  by: { id: jonas.id, name: jonas.name },
  at: agoIso(2 * MINUTE),
  voidedAt: null,
  ...over,
});

export const runFixture = (over: Partial<RunEvidence> = {}): RunEvidence => ({
  id: 1,
  number: 1,
  state: 'running',
  requestedBy: { id: maya.id, name: maya.name },
  requestedAt: agoIso(8_000),
  startedAt: agoIso(7_400),
  finishedAt: null,
  heartbeatAt: agoIso(400),
  stopRequestedBy: null,
  cancelRequestedBy: null,
  allOrNothing: false,
  rescue: false,
  ...over,
});

export const fenceFixture = (over: Partial<FenceEvidence> = {}): FenceEvidence => ({
  id: 1,
  kind: 'trigger',
  why: null,
  headTag: agentimPlan.to.tag,
  raisedAt: agoIso(6_000),
  releaseRequestedAt: null,
  releasedAt: null,
  releasedBy: null,
  releaseError: null,
  refusals: 0,
  lastRefusedAt: null,
  lookedAt: agoIso(2_000),
  lookError: null,
  removedByHandAt: null,
  reapplied: [],
  ...over,
});

/** These dangers, taken on by Maya. */
export const acknowledgementsFixture = (
  dangers: readonly { key: string }[],
  digest = DIGEST,
): Acknowledgement[] =>
  dangers.map(({ key }, index) => ({
    key,
    digest,
    by: { id: maya.id, name: maya.name },
    at: agoIso(10 * MINUTE - index * 4_000),
  }));

/** The steps of the plan in these states; committed ones are verified. */
export const stepsFixture = (statuses: StepStatus[]): StepEvidence[] =>
  agentimPlan.steps.map((step, position) => {
    const status = statuses[position] ?? 'pending';
    const expected = agentimRehearsal.steps[position]?.fingerprintAfter ?? '';
    return {
      position,
      tag: step.tag,
      status,
      partsDone: 0,
      startedAt: status === 'pending' ? null : agoIso(6_000 - position * 1_000),
      finishedAt: status === 'committed' ? agoIso(5_000 - position * 1_000) : null,
      error: null,
      verification:
        status === 'committed'
          ? {
              ok: true,
              how: 'fingerprint_equal',
              expectedFingerprint: expected,
              foundFingerprint: expected,
              differences: [],
            }
          : null,
    };
  });

export type RoomOver = Partial<Omit<RollbackRoom, 'gates' | 'policy'>> & {
  policy?: Partial<RollbackRoom['policy']>;
  otherRunning?: string;
};

/**
 * A room with every piece of evidence in order, and the gates that the real function gives for it.
 * @param actor whose eyes it is seen with
 */
export function roomFixture(over: RoomOver = {}, actor: Actor = maya): RollbackRoom {
  const { otherRunning = null, ...patch } = over;
  const policy = { ...DEFAULT_POLICY, ...over.policy };
  const plan = over.plan ?? agentimPlan;
  const rehearsal = over.rehearsal === undefined ? rehearsalFixture() : over.rehearsal;
  const seen = rehearsal?.digest === DIGEST ? rehearsal.result : null;
  const dangers = over.dangers ?? dangersOf(plan, seen, policy);
  const room: Omit<RollbackRoom, 'gates'> = {
    id: 17,
    label: 'RB-0017',
    target: {
      name: 'agentim-production',
      environment: 'production',
      address: 'db-prod-1:5432/agentim',
      serverVersion: '15.18',
    },
    status: 'draft',
    outcome: null,
    outcomeMessage: null,
    reason: 'Deploy 2026.11.21 raised p99; visibility filter wrong',
    incident: 'https://incidents.example.com/INC-482',
    requestedBy: { id: maya.id, name: maya.name },
    createdAt: agoIso(12 * MINUTE),
    approvalRequestedAt: null,
    now: new Date(NOW).toISOString(),
    plan,
    digest: DIGEST,
    planCheck: { checkedAt: agoIso(4_000), changes: [] },
    rehearsal,
    dangers,
    acknowledgements: acknowledgementsFixture(dangers),
    backup: backupFixture(),
    approvals: [],
    run: null,
    steps: stepsFixture([]),
    fence: null,
    rescues: [],
    fenceRemovalSql: [
      'DROP TRIGGER IF EXISTS backstep_fence ON drizzle.__drizzle_migrations;',
      'DROP FUNCTION IF EXISTS drizzle.backstep_fence();',
    ].join('\n'),
    releases: [
      {
        name: 'v2026.11.18',
        head: '0032',
        commands: [
          'kubectl -n agentim set image deploy/api api=ghcr.io/agentim/api:v2026.11.18',
          'kubectl -n agentim rollout status deploy/api --timeout=5m',
        ],
        from: 'configuration',
        commit: null,
        taggedAt: null,
      },
    ],
    lastEventSeq: 0,
    ...patch,
    policy,
  };
  return {
    ...room,
    gates: gates(
      {
        now: Date.parse(room.now),
        status: room.status,
        outcome: room.outcome,
        policy: room.policy,
        digest: room.digest,
        requesterId: room.requestedBy.id,
        planCheck: room.planCheck,
        rehearsal: room.rehearsal,
        dangers: room.dangers,
        acknowledgements: room.acknowledgements,
        backup: room.backup,
        approvals: room.approvals,
        approvalRequestedAt: room.approvalRequestedAt,
        run: room.run,
        stepsDone: room.steps.filter((step) => step.status === 'committed').length,
        stepsTotal: room.plan.steps.length,
        fence: room.fence,
        rescues: room.rescues,
        otherRunning,
      },
      actor,
    ),
  };
}
