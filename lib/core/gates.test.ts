import { describe, expect, it } from 'vitest';
import { EXACT, NO_IMPACT } from '@/lib/testing/evidence';
import type { Actor, Role } from './actor';
import { ROLES } from './actor';
import type { Danger } from './dangers';
import type {
  Acknowledgement,
  ApprovalEvidence,
  BackupEvidence,
  FenceEvidence,
  JobState,
  RehearsalEvidence,
  RescueEvidence,
  RunEvidence,
} from './evidence';
import {
  type GateInput,
  gates,
  ROOM_ACTIONS,
  ROOM_STEPS,
  type RoomAction,
  runBlockers,
} from './gates';
import type { PlanChange } from './plan';
import { DEFAULT_POLICY, type Policy } from './policy';
import type { Proof } from './proof';
import { ROLLBACK_STATUSES, type RollbackStatus } from './rollback';

const NOW = Date.parse('2026-11-22T02:10:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ago = (ms: number) => new Date(NOW - ms).toISOString();

const person = (id: string, role: Role): Actor & { kind: 'user' } => ({
  kind: 'user',
  id,
  name: id,
  email: `${id}@example.com`,
  role,
});
const onCall = person('ona', 'on_call');
const reviewer = person('rex', 'reviewer');
const admin = person('ada', 'admin');

const rehearsal = (state: JobState = 'passed', digest = 'd1', drift = 0): RehearsalEvidence => ({
  id: 1,
  digest,
  state,
  queuedAt: ago(10 * MINUTE),
  startedAt: null,
  finishedAt: null,
  progress: null,
  error: null,
  result:
    state === 'passed'
      ? {
          mode: 'replay',
          cloneReason: null,
          proofs: [],
          impact: NO_IMPACT,
          serverVersionNum: 150000,
          objectsCompared: 214,
          fingerprintBefore: 'f',
          drift: Array.from({ length: drift }, (_, i) => ({
            change: 'added' as const,
            kind: 'index' as const,
            name: `public.i${i}`,
          })),
          steps: [
            {
              position: 0,
              tag: '0035_a',
              durationMs: 1_210,
              statements: [],
              changes: [],
              fingerprintAfter: 'g',
            },
            {
              position: 1,
              tag: '0034_b',
              durationMs: 170,
              statements: [],
              changes: [],
              fingerprintAfter: 'h',
            },
          ],
          replayMs: 1,
          totalMs: 2,
        }
      : null,
});

const backup = (state: JobState = 'passed', ageMinutes = 4): BackupEvidence => ({
  id: 1,
  label: 'B-0001',
  state,
  method: 'pg_dump',
  queuedAt: ago(ageMinutes * MINUTE),
  startedAt: null,
  finishedAt: null,
  snapshotAt: state === 'passed' ? ago(ageMinutes * MINUTE) : null,
  expiresAt: null,
  takenBy: 'ona',
  takenById: 'ona',
  cancelRequestedBy: null,
  prunedAt: null,
  level: state === 'passed' ? 'read' : null,
  attestation: null,
  testRestore: null,
  progress: null,
  location: null,
  sizeBytes: null,
  databaseBytes: null,
  manifestSha256: null,
  toolVersion: null,
  checks: [],
  error: null,
});

const approval = (over: Partial<ApprovalEvidence> = {}): ApprovalEvidence => ({
  id: 1,
  digest: 'd1',
  decision: 'approved',
  comment: '',
  by: { id: 'rex', name: 'Rex' },
  at: ago(MINUTE),
  voidedAt: null,
  ...over,
});

const run = (over: Partial<RunEvidence> = {}): RunEvidence => ({
  id: 1,
  number: 1,
  state: 'running',
  requestedBy: { id: 'ona', name: 'Ona' },
  requestedAt: ago(MINUTE),
  startedAt: ago(MINUTE),
  finishedAt: null,
  heartbeatAt: null,
  stopRequestedBy: null,
  cancelRequestedBy: null,
  allOrNothing: false,
  rescue: false,
  ...over,
});

const fence = (over: Partial<FenceEvidence> = {}): FenceEvidence => ({
  id: 1,
  kind: 'trigger',
  why: null,
  headTag: '0032_head',
  raisedAt: ago(MINUTE),
  releaseRequestedAt: null,
  releasedAt: null,
  releasedBy: null,
  releaseError: null,
  refusals: 0,
  lastRefusedAt: null,
  lookedAt: null,
  lookError: null,
  removedByHandAt: null,
  reapplied: [],
  ...over,
});

const rescue = (over: Partial<RescueEvidence> = {}): RescueEvidence => ({
  id: 1,
  rollback: 'RB-0001',
  position: 0,
  statementIndex: 0,
  kind: 'columns',
  subject: 'column public.rooms.topic',
  copy: 'backstep_rescue.rb_0001_s0_0',
  rows: 3,
  bytes: 120,
  mergeSql: 'UPDATE public.rooms SET topic = NULL;',
  createdAt: ago(MINUTE),
  pruneRequestedAt: null,
  prunedAt: null,
  pruneError: null,
  ...over,
});

const change = (
  kind: PlanChange['kind'],
  message = '0035_rollback.sql was edited.',
): PlanChange => ({ kind, subject: '0035', message });

interface Over extends Partial<Omit<GateInput, 'policy'>> {
  policy?: Partial<Policy>;
}

/** A draft with every piece of evidence in order, before approval. */
function input(over: Over = {}): GateInput {
  return {
    now: NOW,
    status: 'draft',
    outcome: null,
    digest: 'd1',
    requesterId: 'ona',
    planCheck: { checkedAt: ago(2_000), changes: [] },
    rehearsal: rehearsal(),
    dangers: [],
    acknowledgements: [],
    backup: backup(),
    approvals: [],
    approvalRequestedAt: null,
    run: null,
    stepsDone: 0,
    stepsTotal: 2,
    fence: null,
    rescues: [],
    otherRunning: null,
    ...over,
    policy: { ...DEFAULT_POLICY, ...over.policy },
  };
}

const approved = (over: Over = {}) =>
  input({ status: 'approved', approvals: [approval()], ...over });
const stopped = (over: Over = {}) =>
  approved({ status: 'stopped', run: run({ state: 'finished' }), stepsDone: 1, ...over });
const changed = (kind: PlanChange['kind'], message?: string) => ({
  checkedAt: ago(0),
  changes: [change(kind, message)],
});

const verdict = (action: RoomAction, over: GateInput, actor: Actor = onCall) =>
  gates(over, actor).actions[action];
const step = (name: (typeof ROOM_STEPS)[number], given: GateInput) => {
  const found = gates(given, onCall).steps.find((candidate) => candidate.step === name);
  if (!found) throw new Error(`no step ${name}`);
  return found;
};

const graded = (over: Partial<Proof>): RehearsalEvidence => {
  const passed = rehearsal();
  if (!passed.result) throw new Error('a rehearsal that passed has a result');
  const proof = { ...EXACT, ...over };
  return {
    ...passed,
    result: { ...passed.result, proofs: [{ position: 0, tag: '0035_a', proof }] },
  };
};

const danger: Danger = {
  key: '0/0/drops_column/Drops public.rooms.topic',
  position: 0,
  tag: '0035_a',
  statement: 0,
  line: 1,
  code: 'drops_column',
  title: 'Drops public.rooms.topic',
  detail: null,
  safer: null,
};
const taken = (digest: string): Acknowledgement => ({
  key: danger.key,
  digest,
  by: { id: 'ona', name: 'Ona' },
  at: ago(MINUTE),
});

/** What the gate says, and the words that its reason must hold when it is closed. */
type GateCase = [name: string, given: GateInput, closedBecause: RegExp | null];

describe('run gates', () => {
  const cases: GateCase[] = [
    ['everything in order', approved(), null],
    ['no approval asked by policy', input({ policy: { approvals: 0 } }), null],
    ['plan not checked yet', approved({ planCheck: null }), null],
    ['a file was edited', approved({ planCheck: changed('rollback_file') }), /no longer matches/],
    [
      'live schema changed',
      approved({ planCheck: changed('live_schema', 'rooms has a new column.') }),
      /no longer matches: rooms has a new column/,
    ],
    [
      'target could not be read',
      approved({ planCheck: changed('unreadable', 'The target does not answer.') }),
      /^The target does not answer\.$/,
    ],
    [
      'a script that the policy blocks',
      approved({ rehearsal: graded({ grade: 'no_effect' }) }),
      /script of 0035_a is graded “No effect”, and the policy of this target blocks/,
    ],
    [
      'a script that loses older rows, where the policy blocks that',
      approved({
        rehearsal: graded({ losesData: 'older' }),
        policy: { loses_data: { none: 'run', own: 'run', older: 'block' } },
      }),
      /script of 0035_a loses or changes data/,
    ],
    [
      'the same grade where the policy lets it run',
      approved({
        rehearsal: graded({ grade: 'no_effect' }),
        policy: { grades: { ...DEFAULT_POLICY.grades, no_effect: 'run' } },
      }),
      null,
    ],
    ['a danger that nobody took on', approved({ dangers: [danger] }), /^One danger has not been/],
    [
      'a danger taken on for another digest',
      approved({ dangers: [danger], acknowledgements: [taken('d0')] }),
      /^One danger has not been/,
    ],
    ['a danger taken on', approved({ dangers: [danger], acknowledgements: [taken('d1')] }), null],
    ['never rehearsed', approved({ rehearsal: null }), /not been rehearsed/],
    [
      'rehearsed under another digest',
      approved({ rehearsal: rehearsal('passed', 'd0') }),
      /not been rehearsed/,
    ],
    ['rehearsal queued', approved({ rehearsal: rehearsal('queued') }), /still running/],
    ['rehearsal running', approved({ rehearsal: rehearsal('running') }), /still running/],
    ['rehearsal failed', approved({ rehearsal: rehearsal('failed') }), /failed.*pin the plan/],
    ['rehearsal interrupted', approved({ rehearsal: rehearsal('interrupted') }), /interrupted/],
    ['drift, policy warns', approved({ rehearsal: rehearsal('passed', 'd1', 1) }), null],
    [
      'drift, policy blocks',
      approved({ rehearsal: rehearsal('passed', 'd1', 1), policy: { drift: 'block' } }),
      /drifted/,
    ],
    ['no drift, policy blocks', approved({ policy: { drift: 'block' } }), null],
    ['no backup', approved({ backup: null }), /No backup/],
    ['backup running', approved({ backup: backup('running') }), /still being taken/],
    ['backup failed', approved({ backup: backup('failed') }), /not confirmed/],
    ['backup interrupted', approved({ backup: backup('interrupted') }), /interrupted/],
    ['backup exactly at its age', approved({ backup: backup('passed', 60) }), null],
    ['backup a minute too old', approved({ backup: backup('passed', 61) }), /older than 60 min/],
    [
      'backup without a snapshot time',
      approved({ backup: { ...backup(), snapshotAt: null } }),
      /older than/,
    ],
    ['approval of another digest', approved({ approvals: [approval({ digest: 'd0' })] }), /Needs/],
    ['approval void', approved({ approvals: [approval({ voidedAt: ago(0) })] }), /Needs/],
    [
      'approved by the requester',
      approved({ approvals: [approval({ by: { id: 'ona', name: 'Ona' } })] }),
      /Needs the approval of 1 reviewer\./,
    ],
    [
      'approval as old as allowed',
      approved({ approvals: [approval({ at: ago(24 * HOUR) })] }),
      null,
    ],
    [
      'approval too old',
      approved({ approvals: [approval({ at: ago(24 * HOUR + 1) })] }),
      /older than 24 h.*create a new one/,
    ],
    ['one of two approvals', approved({ policy: { approvals: 2 } }), /approval of 1 reviewer\./],
    [
      'the same person twice',
      approved({ approvals: [approval(), approval({ id: 2 })], policy: { approvals: 2 } }),
      /approval of 1 reviewer\./,
    ],
    [
      'two of two',
      approved({
        approvals: [approval(), approval({ id: 2, by: { id: 'ray', name: 'Ray' } })],
        policy: { approvals: 2 },
      }),
      null,
    ],
    [
      'a rejection is no approval',
      approved({ approvals: [approval({ decision: 'rejected' })] }),
      /Needs/,
    ],
    ['a draft nobody was asked about', input(), /Needs the approval of 1 reviewer\./],
    ['asked, nobody answered', input({ status: 'awaiting_approval' }), /Waiting for 1 reviewer\./],
    [
      'asked, two wanted',
      input({ status: 'awaiting_approval', policy: { approvals: 2 } }),
      /Waiting for 2 reviewers\./,
    ],
    ['another rollback runs here', approved({ otherRunning: 'RB-0007' }), /RB-0007 is running/],
    [
      'another one runs here, and who set it going is known',
      approved({
        otherRunning: 'RB-0007',
        otherRun: { by: 'Maya Okafor', at: '2026-10-28T02:20:09.412Z', unknown: false },
      }),
      /^RB-0007 is running on this target: Maya Okafor started it at 02:20:09 UTC\.$/,
    ],
    [
      'nobody knows what became of another one here',
      approved({
        otherRunning: 'RB-0007',
        otherRun: { by: 'Maya Okafor', at: '2026-10-28T02:20:09.412Z', unknown: true },
      }),
      /^The outcome of RB-0007 on this target is unknown\. Settle that one first\.$/,
    ],
    [
      'evidence in order but the status is draft',
      input({ approvals: [approval()] }),
      /approval first/,
    ],
  ];

  it.each(cases)('%s', (_name, given, closedBecause) => {
    const found = verdict('start_run', given);
    if (closedBecause === null) {
      expect(found).toEqual({ allowed: true });
    } else {
      expect(found.allowed).toBe(false);
      expect(found.reason).toMatch(closedBecause);
    }
  });

  it('lists every closed gate, not only the first', () => {
    const given = input({ planCheck: changed('up_file'), rehearsal: null, backup: null });
    expect(runBlockers(given)).toHaveLength(4);
    expect(runBlockers(approved())).toEqual([]);
  });

  it('puts the real change before a part that could not be read', () => {
    const given = approved({
      planCheck: {
        checkedAt: ago(0),
        changes: [change('unreadable', 'No answer.'), change('up_file', '0035 was edited.')],
      },
    });
    expect(verdict('start_run', given).reason).toBe('The plan no longer matches: 0035 was edited.');
  });
});

describe('actions by status', () => {
  /** For on-call, with all evidence in order. */
  const allowed: Record<RollbackStatus, RoomAction[]> = {
    draft: [
      'rehearse',
      'repin',
      'acknowledge',
      'take_backup',
      'test_restore',
      'request_approval',
      'cancel_rollback',
    ],
    awaiting_approval: [
      'rehearse',
      'acknowledge',
      'take_backup',
      'test_restore',
      'cancel_rollback',
    ],
    approved: [
      'rehearse',
      'acknowledge',
      'take_backup',
      'test_restore',
      'start_run',
      'cancel_rollback',
    ],
    running: ['stop_run', 'cancel_run', 'terminate_blocker'],
    succeeded: ['release_fence', 'prune_rescue'],
    stopped: [
      'take_backup',
      'test_restore',
      'resume_run',
      'release_fence',
      'prune_rescue',
      'cancel_rollback',
    ],
    unknown: ['take_backup', 'test_restore', 'reconcile_run'],
    rejected: [],
    cancelled: [],
    expired: [],
  };

  it.each(ROLLBACK_STATUSES)('%s', (status) => {
    const after = ['running', 'succeeded', 'stopped', 'unknown'].includes(status);
    const given = input({
      status,
      approvals: status === 'draft' || status === 'awaiting_approval' ? [] : [approval()],
      run: after ? run() : null,
      fence: after ? fence() : null,
      rescues: after ? [rescue()] : [],
      stepsDone: after ? 1 : 0,
    });
    const { actions } = gates(given, onCall);
    const found = ROOM_ACTIONS.filter((action) => actions[action].allowed);
    expect(found).toEqual(ROOM_ACTIONS.filter((action) => allowed[status].includes(action)));
  });

  it('says why, whenever it says no', () => {
    for (const status of ROLLBACK_STATUSES) {
      for (const role of ROLES) {
        const { actions } = gates(input({ status }), person('x', role));
        for (const action of ROOM_ACTIONS) {
          const found = actions[action];
          if (found.allowed) expect(found.reason).toBeUndefined();
          else expect(found.reason, `${status} ${role} ${action}`).toMatch(/\.$/);
        }
      }
    }
  });
});

describe('who decides', () => {
  const asked = (over: Over = {}) => input({ status: 'awaiting_approval', ...over });
  const cases: [string, RoomAction, GateInput, Actor, RegExp | null][] = [
    ['a reviewer approves', 'approve', asked(), reviewer, null],
    ['a reviewer rejects', 'reject', asked(), reviewer, null],
    ['an administrator approves', 'approve', asked(), admin, null],
    [
      'not the requester, whatever the role',
      'approve',
      asked({ requesterId: 'ada' }),
      admin,
      /somebody else decides/,
    ],
    [
      'nor may the requester reject',
      'reject',
      asked({ requesterId: 'ada' }),
      admin,
      /somebody else/,
    ],
    ['not on-call', 'approve', asked(), person('other', 'on_call'), /Needs the role reviewer/],
    ['not the auditor', 'approve', asked(), person('au', 'auditor'), /Needs the role reviewer/],
    [
      'not twice',
      'approve',
      asked({ approvals: [approval()], policy: { approvals: 2 } }),
      reviewer,
      /approved already/,
    ],
    [
      'again after the first was void',
      'approve',
      asked({ approvals: [approval({ voidedAt: ago(0) })] }),
      reviewer,
      null,
    ],
    [
      'not what has changed',
      'approve',
      asked({ planCheck: changed('rollback_file') }),
      reviewer,
      /no longer/,
    ],
    [
      'but it can be rejected',
      'reject',
      asked({ planCheck: changed('rollback_file') }),
      reviewer,
      null,
    ],
    [
      'not while it is rehearsed',
      'approve',
      asked({ rehearsal: rehearsal('running') }),
      reviewer,
      /still running/,
    ],
    [
      'an old backup does not keep a reviewer from deciding',
      'approve',
      asked({ backup: backup('passed', 90) }),
      reviewer,
      null,
    ],
    ['not before it was asked', 'approve', input(), reviewer, /not been requested/],
  ];
  it.each(cases)('%s', (_name, action, given, actor, why) => {
    const found = verdict(action, given, actor);
    expect(found.allowed).toBe(why === null);
    if (why) expect(found.reason).toMatch(why);
  });

  it('marks what only the role forbids, so that a page can leave the button out', () => {
    expect(verdict('start_run', approved(), reviewer)).toMatchObject({
      allowed: false,
      roleOnly: true,
    });
    expect(verdict('start_run', input(), reviewer)).toMatchObject({
      allowed: false,
      roleOnly: false,
    });
    expect(verdict('start_run', input(), onCall).roleOnly).toBeUndefined();
  });
});

describe('asking for approval', () => {
  const cases: [string, GateInput, RegExp | null][] = [
    ['with rehearsal and backup', input(), null],
    ['without a rehearsal', input({ rehearsal: null }), /not been rehearsed/],
    ['without a backup', input({ backup: null }), /No backup/],
    ['after a change', input({ planCheck: changed('up_file') }), /no longer matches/],
    ['twice', input({ status: 'awaiting_approval' }), /has been requested/],
    ['when the policy wants none', input({ policy: { approvals: 0 } }), /needs no approval/],
    ['when it was given', approved(), /only asked for a draft/],
  ];
  it.each(cases)('%s', (_name, given, why) => {
    const found = verdict('request_approval', given);
    expect(found.allowed).toBe(why === null);
    if (why) expect(found.reason).toMatch(why);
  });
});

describe('after a stop', () => {
  const cases: [string, RoomAction, GateInput, RegExp | null][] = [
    ['resume', 'resume_run', stopped(), null],
    ['nothing left to resume', 'resume_run', stopped({ stepsDone: 2 }), /Every step is done/],
    ['backup grown too old', 'resume_run', stopped({ backup: backup('passed', 61) }), /older than/],
    ['which a new backup mends', 'take_backup', stopped({ backup: backup('passed', 61) }), null],
    [
      'approval grown too old',
      'resume_run',
      stopped({ approvals: [approval({ at: ago(25 * HOUR) })] }),
      /older than 24 h.*create a new one/,
    ],
    [
      'something changed',
      'resume_run',
      stopped({ planCheck: changed('tracking_rows', 'A row was added.') }),
      /A row was added\. Cancel this rollback and plan the rest anew\./,
    ],
    [
      'the target does not answer, which is no reason to give up',
      'resume_run',
      stopped({ planCheck: changed('unreadable', 'No answer.') }),
      /^No answer\.$/,
    ],
    [
      'a danger that only a stricter policy asks to read',
      'resume_run',
      stopped({ dangers: [danger] }),
      /become stricter .* plan the rest anew/,
    ],
    ['another runs', 'resume_run', stopped({ otherRunning: 'RB-0009' }), /RB-0009/],
    [
      'somebody else was faster',
      'resume_run',
      input({
        status: 'running',
        run: run({ number: 2, requestedAt: '2026-10-28T02:20:09.412Z' }),
      }),
      /^The run goes on: Ona resumed it at 02:20:09 UTC\.$/,
    ],
    [
      'somebody else was faster at the start',
      'start_run',
      input({ status: 'running', run: run({ requestedAt: '2026-10-28T02:20:09.412Z' }) }),
      /^The run goes on: Ona started it at 02:20:09 UTC\.$/,
    ],
    ['release the fence', 'release_fence', stopped({ fence: fence() }), null],
    ['give up', 'cancel_rollback', stopped(), null],
    [
      'release the fence of a rollback that was given up',
      'release_fence',
      stopped({ status: 'cancelled', fence: fence() }),
      null,
    ],
    [
      'once only',
      'release_fence',
      stopped({ status: 'cancelled', fence: fence({ releasedAt: ago(0) }) }),
      /has ended/,
    ],
  ];
  it.each(cases)('%s', (_name, action, given, why) => {
    const found = verdict(action, given);
    expect(found.allowed).toBe(why === null);
    if (why) expect(found.reason).toMatch(why);
  });
});

describe('while it runs', () => {
  const running = (over: Partial<RunEvidence> = {}) =>
    approved({ status: 'running', run: run(over) });
  const cases: [string, RoomAction, GateInput, RegExp | null][] = [
    ['stop', 'stop_run', running(), null],
    ['cancel', 'cancel_run', running(), null],
    ['stop twice', 'stop_run', running({ stopRequestedBy: 'Ona' }), /Stop has been requested/],
    ['cancel after stop', 'cancel_run', running({ stopRequestedBy: 'Ona' }), null],
    ['cancel twice', 'cancel_run', running({ cancelRequestedBy: 'Ona' }), /Cancel has been/],
    ['stop after cancel', 'stop_run', running({ cancelRequestedBy: 'Ona' }), /Cancel has been/],
    ['start again', 'start_run', running(), /Ona started it at/],
    ['take a backup', 'take_backup', running(), /going on/],
    ['release the fence', 'release_fence', { ...running(), fence: fence() }, /going on/],
    ['stop what does not run', 'stop_run', approved(), /Nothing is running/],
  ];
  it.each(cases)('%s', (_name, action, given, why) => {
    const found = verdict(action, given);
    expect(found.allowed).toBe(why === null);
    if (why) expect(found.reason).toMatch(why);
  });
});

describe('fence', () => {
  const done = (over: Partial<FenceEvidence> | null) =>
    approved({ status: 'succeeded', fence: over && fence(over), stepsDone: 2 });
  const cases: [string, GateInput, RegExp | null][] = [
    ['up', done({}), null],
    ['none', done(null), /No fence/],
    ['released', done({ releasedAt: ago(0) }), /No fence/],
    ['being released', done({ releaseRequestedAt: ago(0) }), /being released/],
    [
      'could not be released',
      done({ releaseRequestedAt: ago(0), releaseError: 'No answer.' }),
      null,
    ],
    ['outcome unknown', { ...done({}), status: 'unknown' }, /Check again first/],
  ];
  it.each(cases)('%s', (_name, given, why) => {
    const found = verdict('release_fence', given);
    expect(found.allowed).toBe(why === null);
    if (why) expect(found.reason).toMatch(why);
  });
});

describe('terminating a blocker', () => {
  it.each(ROLLBACK_STATUSES)('while the rollback is %s', (status) => {
    const found = verdict('terminate_blocker', approved({ status, run: run() }));
    expect(found.allowed).toBe(status === 'running');
    if (!found.allowed) expect(found.reason).toMatch(/Nothing is running|has ended/);
  });

  it.each([
    ['on-call', onCall, true],
    ['an administrator', admin, true],
    ['no reviewer', reviewer, false],
    ['no auditor', person('au', 'auditor'), false],
  ])('%s', (_name, actor, may) => {
    const found = verdict('terminate_blocker', approved({ status: 'running', run: run() }), actor);
    expect(found).toMatchObject(may ? { allowed: true } : { allowed: false, roleOnly: true });
  });
});

describe('dropping rescue copies', () => {
  const asked = { pruneRequestedAt: ago(0) };
  const kept = (...rescues: RescueEvidence[]) => stopped({ rescues });
  const cases: [string, GateInput, RegExp | null][] = [
    ['there is one', kept(rescue()), null],
    ['there is none', kept(), /no rescue copy/],
    ['it is gone', kept(rescue({ prunedAt: ago(0) })), /no rescue copy/],
    ['it is being dropped', kept(rescue(asked)), /are being dropped/],
    ['it could not be dropped', kept(rescue({ ...asked, pruneError: 'No answer.' })), null],
    [
      'one is being dropped, another is left',
      kept(rescue(asked), rescue({ id: 2, pruneRequestedAt: null })),
      null,
    ],
    [
      'one is gone, the other is being dropped',
      kept(rescue({ prunedAt: ago(0) }), rescue({ id: 2, ...asked })),
      /are being dropped/,
    ],
    ['it runs', { ...kept(rescue()), status: 'running' }, /going on/],
    ['nobody knows', { ...kept(rescue()), status: 'unknown' }, /Check again first/],
    ['all is done', { ...kept(rescue()), status: 'succeeded' }, null],
    ['it was given up half-way', { ...kept(rescue()), status: 'cancelled' }, null],
    ['it was given up before anything', { ...kept(), status: 'cancelled' }, /no rescue copy/],
  ];
  it.each(cases)('%s', (_name, given, why) => {
    const found = verdict('prune_rescue', given);
    expect(found.allowed).toBe(why === null);
    if (why) expect(found.reason).toMatch(why);
  });

  it.each([
    ['on-call', onCall, true],
    ['no reviewer', reviewer, false],
    ['no auditor', person('au', 'auditor'), false],
  ])('%s may', (_name, actor, may) => {
    expect(verdict('prune_rescue', kept(rescue()), actor).allowed).toBe(may);
  });
});

describe('steps as the navigation shows them', () => {
  const cases: [(typeof ROOM_STEPS)[number], string, GateInput, string, string, boolean][] = [
    ['plan', 'fresh', input(), 'done', '2 migrations', true],
    ['plan', 'one migration', input({ stepsTotal: 1 }), 'done', '1 migration', true],
    [
      'plan',
      'changed',
      input({ planCheck: changed('up_file') }),
      'stale',
      'No longer matches',
      false,
    ],
    [
      'plan',
      'unread',
      input({ planCheck: changed('unreadable') }),
      'failed',
      'Could not be checked',
      false,
    ],
    [
      'plan',
      'changed, but it has run',
      approved({ status: 'succeeded', planCheck: changed('up_file') }),
      'done',
      '2 migrations',
      true,
    ],
    [
      'plan',
      'changed after a stop',
      stopped({ planCheck: changed('up_file') }),
      'stale',
      'No longer matches',
      false,
    ],
    ['preview', 'rehearsed', input(), 'done', 'Rehearsed, 1.38 s', true],
    ['preview', 'none', input({ rehearsal: null }), 'current', 'Not rehearsed', false],
    [
      'preview',
      'old digest',
      input({ rehearsal: rehearsal('failed', 'd0') }),
      'current',
      'Not rehearsed',
      false,
    ],
    [
      'preview',
      'queued',
      input({ rehearsal: rehearsal('queued') }),
      'working',
      'Rehearsing',
      false,
    ],
    [
      'preview',
      'failed',
      input({ rehearsal: rehearsal('failed') }),
      'failed',
      'Rehearsal failed',
      false,
    ],
    [
      'preview',
      'interrupted',
      input({ rehearsal: rehearsal('interrupted') }),
      'failed',
      'Interrupted',
      false,
    ],
    [
      'preview',
      'drift blocks',
      input({ rehearsal: rehearsal('passed', 'd1', 2), policy: { drift: 'block' } }),
      'failed',
      'Schema drift',
      false,
    ],
    ['backup', 'fresh', input(), 'done', 'B-0001, 56 min left', true],
    [
      'backup',
      'at its very end',
      input({ backup: backup('passed', 60) }),
      'done',
      'B-0001, 0 min left',
      true,
    ],
    [
      'backup',
      'too old',
      input({ backup: backup('passed', 75) }),
      'stale',
      'B-0001, too old',
      false,
    ],
    [
      'backup',
      'too old, but it has run',
      approved({ status: 'succeeded', backup: backup('passed', 75) }),
      'done',
      'B-0001, confirmed',
      true,
    ],
    [
      'backup',
      'too old after a stop',
      stopped({ backup: backup('passed', 75) }),
      'stale',
      'B-0001, too old',
      false,
    ],
    ['backup', 'none', input({ backup: null }), 'current', 'Not taken', false],
    ['backup', 'running', input({ backup: backup('running') }), 'working', 'Being taken', false],
    [
      'backup',
      'failed',
      input({ backup: backup('failed') }),
      'failed',
      'B-0001, not confirmed',
      false,
    ],
    ['approval', 'to be asked', input(), 'current', 'Needs 1 reviewer', false],
    [
      'approval',
      'two to be asked',
      input({ policy: { approvals: 2 } }),
      'current',
      'Needs 2 reviewers',
      false,
    ],
    [
      'approval',
      'asked',
      input({ status: 'awaiting_approval' }),
      'working',
      'Waiting for a reviewer',
      false,
    ],
    ['approval', 'given', approved(), 'done', 'By Rex', true],
    [
      'approval',
      'given long ago, and it has run',
      approved({ status: 'succeeded', approvals: [approval({ at: ago(99 * HOUR) })] }),
      'done',
      'By Rex',
      true,
    ],
    [
      'approval',
      'given too long ago',
      approved({ approvals: [approval({ at: ago(99 * HOUR) })] }),
      'stale',
      'No longer valid',
      false,
    ],
    ['approval', 'refused', input({ status: 'rejected' }), 'failed', 'Rejected', false],
    ['approval', 'expired', input({ status: 'expired' }), 'failed', 'Expired', false],
    [
      'approval',
      'not needed',
      input({ policy: { approvals: 0 } }),
      'done',
      'Not needed by policy',
      true,
    ],
    ['run', 'before', approved(), 'todo', 'Not started', false],
    [
      'run',
      'during',
      approved({ status: 'running', stepsDone: 1 }),
      'working',
      '1 of 2 undone',
      false,
    ],
    ['run', 'over', approved({ status: 'succeeded', stepsDone: 2 }), 'done', '2 of 2 undone', true],
    ['run', 'stopped', stopped(), 'failed', 'Stopped, 1 of 2 undone', false],
    ['run', 'unknown', approved({ status: 'unknown' }), 'failed', 'Outcome unknown', false],
    [
      'run',
      'given up half-way',
      stopped({ status: 'cancelled' }),
      'failed',
      'Given up, 1 of 2 undone',
      false,
    ],
    ['run', 'given up before', input({ status: 'cancelled' }), 'todo', 'Not started', false],
    ['verify', 'before', approved(), 'todo', 'Not started', false],
    [
      'verify',
      'stopped behind its fence',
      stopped({ fence: fence() }),
      'todo',
      'Fence is up',
      false,
    ],
    [
      'verify',
      'fence up',
      approved({ status: 'succeeded', fence: fence() }),
      'current',
      'Fence is up',
      false,
    ],
    [
      'verify',
      'fence released',
      approved({ status: 'succeeded', fence: fence({ releasedAt: ago(0) }) }),
      'done',
      'Fence released',
      true,
    ],
    ['verify', 'no fence', approved({ status: 'succeeded' }), 'done', 'No fence', true],
    [
      'verify',
      'given up, fence up',
      stopped({ status: 'cancelled', fence: fence() }),
      'current',
      'Fence is up',
      false,
    ],
  ];
  it.each(cases)('%s: %s', (name, _when, given, state, summary, open) => {
    expect(step(name, given)).toMatchObject({ state, summary, open });
  });

  it('come in the order of the spine, whatever the state', () => {
    for (const status of ROLLBACK_STATUSES) {
      const found = gates(input({ status }), onCall).steps.map((one) => one.step);
      expect(found).toEqual([...ROOM_STEPS]);
    }
  });

  it('give a reason whenever a gate before the run is closed', () => {
    for (const status of ROLLBACK_STATUSES) {
      const given = input({ status, rehearsal: null, backup: null });
      for (const one of gates(given, onCall).steps.slice(0, 4)) {
        if (!one.open) expect(one.reason, `${status} ${one.step}`).toMatch(/\.$/);
      }
    }
  });
});

describe('the step that needs somebody now', () => {
  const cases: [string, GateInput, (typeof ROOM_STEPS)[number]][] = [
    ['changed plan', input({ planCheck: changed('up_file'), rehearsal: null }), 'plan'],
    ['not rehearsed', input({ rehearsal: null, backup: null }), 'preview'],
    ['no backup', input({ backup: null }), 'backup'],
    ['to be approved', input(), 'approval'],
    [
      'asked, backup grown old meanwhile',
      input({ status: 'awaiting_approval', backup: backup('passed', 90) }),
      'approval',
    ],
    ['approved', approved(), 'run'],
    ['approved, backup grown old meanwhile', approved({ backup: backup('passed', 90) }), 'backup'],
    ['no approval needed', input({ policy: { approvals: 0 } }), 'run'],
    ['running', approved({ status: 'running' }), 'run'],
    ['stopped', stopped({ backup: backup('passed', 90) }), 'run'],
    ['unknown', approved({ status: 'unknown' }), 'run'],
    ['over', approved({ status: 'succeeded' }), 'verify'],
    ['rejected', input({ status: 'rejected' }), 'approval'],
    ['expired', input({ status: 'expired' }), 'approval'],
    ['cancelled before a backup', input({ status: 'cancelled', backup: null }), 'backup'],
    ['given up half-way', stopped({ status: 'cancelled' }), 'run'],
    ['given up half-way, fence up', stopped({ status: 'cancelled', fence: fence() }), 'verify'],
  ];
  it.each(cases)('%s', (_name, given, expected) => {
    expect(gates(given, onCall).current).toBe(expected);
  });
});

it('depends on nothing but its arguments', () => {
  const given = Object.freeze(approved());
  expect(gates(given, onCall)).toEqual(gates(structuredClone(given), { ...onCall }));
});

describe('while the outcome is unknown', () => {
  it.each(['start_run', 'resume_run', 'release_fence', 'prune_rescue', 'cancel_rollback'] as const)(
    '%s waits for it, and does not say what nobody knows',
    (action) => {
      const given = input({ status: 'unknown', run: run({ state: 'finished' }) });
      expect(verdict(action, given)).toEqual({
        allowed: false,
        reason: 'The outcome is unknown. Check again first.',
      });
    },
  );
});
