import { describe, expect, it } from 'vitest';
import type { Actor, Role } from './actor';
import type { BackupRehearsal, RestoredCheck, TestRestore } from './backup';
import { backupGate } from './backup-gate';
import type { BackupEvidence } from './evidence';
import { type GateInput, gates, type RoomAction } from './gates';
import { DEFAULT_POLICY } from './policy';

const NOW = Date.parse('2026-11-22T02:10:00Z');
const MINUTE = 60_000;
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

const backup = (over: Partial<BackupEvidence> = {}): BackupEvidence => ({
  id: 3,
  label: 'B-0003',
  state: 'passed',
  method: 'pg_dump',
  level: 'read',
  attestation: null,
  testRestore: null,
  queuedAt: ago(5 * MINUTE),
  startedAt: null,
  finishedAt: null,
  snapshotAt: ago(4 * MINUTE),
  expiresAt: null,
  takenBy: 'ona',
  takenById: 'ona',
  cancelRequestedBy: null,
  prunedAt: null,
  progress: null,
  location: null,
  sizeBytes: null,
  databaseBytes: null,
  manifestSha256: null,
  toolVersion: null,
  checks: [],
  error: null,
  ...over,
});

const check = (over: Partial<RestoredCheck> = {}): RestoredCheck => ({
  ok: true,
  message: '3 tables and 5500 rows, as the manifest says.',
  restoreMs: 900,
  verifyMs: 80,
  bytes: 9_000_000,
  tables: 3,
  rows: 5_500,
  mismatches: [],
  fingerprint: { expected: 'f', found: 'f' },
  invalid: [],
  remarks: [],
  ...over,
});

const rehearsal = (over: Partial<BackupRehearsal> = {}): BackupRehearsal => ({
  rollback: 'RB-0001',
  digest: 'd1',
  ok: true,
  message: 'All steps passed.',
  totalMs: 1_380,
  steps: [],
  fingerprint: null,
  ...over,
});

const testOf = (over: Partial<TestRestore> = {}): TestRestore => ({
  id: 1,
  backupId: 3,
  rollback: 'RB-0001',
  state: 'passed',
  queuedAt: ago(3 * MINUTE),
  startedAt: null,
  finishedAt: null,
  progress: null,
  check: check(),
  rehearsal: rehearsal(),
  error: null,
  ...over,
});

const failing = rehearsal({
  ok: false,
  message: 'Step 1 failed.',
  steps: [
    {
      position: 0,
      tag: '0035_unique_names',
      durationMs: 12,
      statements: [],
      changes: [],
      fingerprintAfter: '',
      error: {
        sqlstate: '23505',
        message: 'could not create unique index "rooms_name"',
        detail: 'Key (name)=(lobby) is duplicated.',
        line: 2,
      },
    },
  ],
});

type Rules = Partial<GateInput['policy']['backup']>;

function input(over: Partial<GateInput> = {}, rules: Rules = {}): GateInput {
  return {
    now: NOW,
    status: 'draft',
    outcome: null,
    policy: { ...DEFAULT_POLICY, backup: { ...DEFAULT_POLICY.backup, ...rules } },
    digest: 'd1',
    requesterId: 'ona',
    planCheck: null,
    rehearsal: null,
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
  };
}

const RESTORED: Rules = { level: 'restored' };
const VOUCHED: Rules = { level: 'vouched', methods: ['pg_dump', 'command', 'attested'] };
const tested = (over: Partial<TestRestore> = {}) => backup({ testRestore: testOf(over) });
const attested = (over: Partial<BackupEvidence> = {}) =>
  backup({
    method: 'attested',
    level: 'vouched',
    attestation: {
      provider: 'RDS',
      reference: 'rds:shop-2026',
      takenAt: ago(4 * MINUTE),
      link: null,
      confirmedBy: null,
      confirmedAt: null,
    },
    ...over,
  });
const confirmed = attested({
  attestation: {
    provider: 'RDS',
    reference: 'rds:shop-2026',
    takenAt: ago(4 * MINUTE),
    link: null,
    confirmedBy: { id: 'rex', name: 'Rex' },
    confirmedAt: ago(MINUTE),
  },
});

describe('whether a run may rely on a backup', () => {
  const cases: [string, GateInput, RegExp | null][] = [
    ['read in full, where that is asked', input(), null],
    [
      'read in full, where a restored one is asked',
      input({}, RESTORED),
      /^B-0003 has not been restored to test it\. Test it\.$/,
    ],
    [
      'being restored',
      input({ backup: tested({ state: 'running', check: null, rehearsal: null }) }, RESTORED),
      /^B-0003 is being restored to test it\. Wait/,
    ],
    [
      'waiting to be restored',
      input({ backup: tested({ state: 'queued', check: null, rehearsal: null }) }, RESTORED),
      /is being restored/,
    ],
    ['restored and rehearsed', input({ backup: tested() }, RESTORED), null],
    [
      'restored, and nothing rehearsed',
      input({ backup: tested({ rehearsal: null }) }, RESTORED),
      /^This plan has not been rehearsed on B-0003\. Test it again\.$/,
    ],
    [
      'rehearsed with the plan before it was pinned again',
      input({ backup: tested({ rehearsal: rehearsal({ digest: 'd0' }) }) }, RESTORED),
      /has not been rehearsed on B-0003/,
    ],
    [
      'the same after the first step, when the plan is no longer in question',
      input({ stepsDone: 1, backup: tested({ rehearsal: null }) }, RESTORED),
      null,
    ],
    [
      'passed, but nothing compared',
      input({ backup: tested({ check: null }) }, RESTORED),
      /compared nothing/,
    ],
    [
      'interrupted',
      input({ backup: tested({ state: 'interrupted', check: null, rehearsal: null }) }, RESTORED),
      /was interrupted\. Test it again\.$/,
    ],
    [
      'not to be restored',
      input(
        {
          backup: tested({
            state: 'failed',
            check: null,
            rehearsal: null,
            error: 'The scratch server has no extension "postgis"',
          }),
        },
        RESTORED,
      ),
      /could not be restored to test it: The scratch server has no extension "postgis"\. Mend that/,
    ],
    [
      'the same where nobody asked for a restore',
      input({ backup: tested({ state: 'failed', check: null, rehearsal: null, error: 'No.' }) }),
      null,
    ],
    [
      'not what its manifest says, although only a full read is asked',
      input({
        backup: tested({
          state: 'failed',
          rehearsal: null,
          check: check({ ok: false, message: 'public.rooms has 499 rows and not 500' }),
        }),
      }),
      /^B-0003 is not what its manifest says: public\.rooms has 499 rows and not 500\. Take another\.$/,
    ],
    [
      'a plan that fails on its data, although only a full read is asked',
      input({ backup: tested({ rehearsal: failing }) }),
      /^The plan fails on the data of B-0003: 0035_unique_names, line 2: could not create unique index "rooms_name"\. Key \(name\)=\(lobby\) is duplicated\. Mend the script/,
    ],
    [
      'the same where a restored one is asked',
      input({ backup: tested({ rehearsal: failing }) }, RESTORED),
      /fails on the data of B-0003/,
    ],
    [
      'another plan that failed on its data',
      input({ backup: tested({ rehearsal: { ...failing, digest: 'd0' } }) }),
      null,
    ],
    [
      'a plan that ends with another schema',
      input({
        backup: tested({
          rehearsal: rehearsal({ ok: false, message: 'The schema afterwards is another one' }),
        }),
      }),
      /: The schema afterwards is another one\. Mend/,
    ],
    ['pruned', input({ backup: backup({ prunedAt: ago(0) }) }), /^B-0003 has been pruned\. Take/],
    [
      'older than the policy allows, however well it was tested',
      input({ backup: backup({ ...tested(), snapshotAt: ago(61 * MINUTE) }) }, RESTORED),
      /older than 60 min/,
    ],
    [
      'made by a command that the policy no longer allows',
      input({ backup: backup({ method: 'command', level: 'vouched' }) }, { level: 'vouched' }),
      /takes no backup by command, as B-0003 is\. Take another\.$/,
    ],
    [
      'made by a command',
      input({ backup: backup({ method: 'command', level: 'vouched' }) }, VOUCHED),
      null,
    ],
    [
      'made by a command, where the policy has become stricter since',
      input(
        { backup: backup({ method: 'command', level: 'vouched' }) },
        { ...VOUCHED, level: 'read' },
      ),
      /wants it read in full\. Take another with pg_dump\.$/,
    ],
    [
      'made by a command, where a restored one is asked',
      input(
        { backup: backup({ method: 'command', level: 'vouched' }) },
        { ...VOUCHED, level: 'restored' },
      ),
      /can’t be restored to test it/,
    ],
    [
      'vouched for by one person',
      input({ backup: attested() }, VOUCHED),
      /^B-0003 has been vouched for by one person\. Another has to confirm it\.$/,
    ],
    ['vouched for by two', input({ backup: confirmed }, VOUCHED), null],
    [
      'vouched for by one, where that is enough',
      input({ backup: attested() }, { ...VOUCHED, second_person: false }),
      null,
    ],
  ];

  it.each(cases)('%s', (_name, given, closedBecause) => {
    const found = backupGate(given);
    if (closedBecause === null) {
      expect(found).toEqual({ open: true });
    } else {
      expect(found.open).toBe(false);
      expect(found.reason).toMatch(closedBecause);
    }
  });
});

describe('what the step says of itself', () => {
  const stepOf = (given: GateInput) => {
    const { state, summary } = gates(given, onCall).steps[2] ?? {};
    return `${state}: ${summary}`;
  };
  const cases: [string, GateInput][] = [
    ['done: B-0003, 56 min left', input()],
    ['done: B-0003, restored, 56 min left', input({ backup: tested({ rehearsal: null }) })],
    ['done: B-0003, restored and rehearsed, 56 min left', input({ backup: tested() }, RESTORED)],
    [
      'working: B-0003, being restored to test it',
      input({ backup: tested({ state: 'running', check: null, rehearsal: null }) }, RESTORED),
    ],
    ['current: B-0003, to be tested', input({}, RESTORED)],
    ['current: B-0003, to be rehearsed', input({ backup: tested({ rehearsal: null }) }, RESTORED)],
    ['failed: B-0003, the plan fails on it', input({ backup: tested({ rehearsal: failing }) })],
    [
      'failed: B-0003, not whole',
      input({ backup: tested({ state: 'failed', check: check({ ok: false }) }) }),
    ],
    [
      'failed: B-0003, not restored',
      input({ backup: tested({ state: 'failed', check: null, rehearsal: null }) }, RESTORED),
    ],
    ['working: B-0003, to be confirmed', input({ backup: attested() }, VOUCHED)],
    ['done: B-0003, 56 min left', input({ backup: confirmed }, VOUCHED)],
    [
      'stale: B-0003, only vouched for',
      input(
        { backup: backup({ method: 'command', level: 'vouched' }) },
        { ...VOUCHED, level: 'read' },
      ),
    ],
    ['stale: B-0003, not by policy', input({ backup: attested() })],
    ['stale: B-0003, pruned', input({ backup: backup({ prunedAt: ago(0) }) })],
    ['stale: B-0003, too old', input({ backup: backup({ snapshotAt: ago(90 * MINUTE) }) })],
    ['stale: B-0003, of another schema', input({ backup: backup({ ofAnotherSchema: true }) })],
    [
      'done: B-0003, confirmed',
      input({ status: 'succeeded', backup: backup({ prunedAt: ago(0) }), stepsDone: 2 }, RESTORED),
    ],
  ];
  it.each(cases)('%s', (expected, given) => {
    expect(stepOf(given)).toBe(expected);
  });
});

describe('what may be done with a backup', () => {
  const queued = backup({ state: 'queued', level: null });
  const cases: [string, RoomAction, GateInput, Actor, RegExp | null][] = [
    ['vouch, where the policy allows it', 'attest_backup', input({}, VOUCHED), onCall, null],
    ['not where it does not', 'attest_backup', input(), onCall, /takes nobody’s word/],
    [
      'not in a run',
      'attest_backup',
      input({ status: 'running' }, VOUCHED),
      onCall,
      /run is going on/,
    ],
    ['not as a reviewer', 'attest_backup', input({}, VOUCHED), reviewer, /Needs the role on-call/],
    [
      'take one, where only attested ones count',
      'take_backup',
      input({}, { ...VOUCHED, methods: ['attested'] }),
      onCall,
      /made elsewhere\. Vouch for one/,
    ],
    [
      'confirm what another vouches for',
      'confirm_backup',
      input({ backup: attested() }, VOUCHED),
      reviewer,
      null,
    ],
    [
      'not one’s own word, whatever the role',
      'confirm_backup',
      input({ backup: attested({ takenById: 'ada' }) }, VOUCHED),
      admin,
      /You vouch for B-0003 yourself/,
    ],
    [
      'not as on-call',
      'confirm_backup',
      input({ backup: attested() }, VOUCHED),
      person('olaf', 'on_call'),
      /Needs the role reviewer/,
    ],
    [
      'not twice',
      'confirm_backup',
      input({ backup: confirmed }, VOUCHED),
      reviewer,
      /confirmed already/,
    ],
    ['not a dump', 'confirm_backup', input(), reviewer, /no backup that somebody vouches for/],
    [
      'not where one person is enough',
      'confirm_backup',
      input({ backup: attested() }, { ...VOUCHED, second_person: false }),
      reviewer,
      /no second person/,
    ],
    ['cancel one that waits', 'cancel_backup', input({ backup: queued }), onCall, null],
    [
      'cancel one whose rollback has ended',
      'cancel_backup',
      input({ status: 'cancelled', backup: queued }),
      onCall,
      null,
    ],
    [
      'not twice',
      'cancel_backup',
      input({ backup: { ...queued, cancelRequestedBy: 'Ona' } }),
      onCall,
      /Cancel has been requested/,
    ],
    ['not one that is there', 'cancel_backup', input(), onCall, /No backup is being taken/],
    ['test one', 'test_restore', input(), reviewer, null],
    ['test it again', 'test_restore', input({ backup: tested() }), onCall, null],
    [
      'not while it is being restored',
      'test_restore',
      input({ backup: tested({ state: 'running' }) }),
      onCall,
      /is being restored/,
    ],
    ['not without one', 'test_restore', input({ backup: null }), onCall, /no confirmed backup/],
    [
      'not one that Backstep can’t read',
      'test_restore',
      input({ backup: confirmed }, VOUCHED),
      onCall,
      /Only a backup that Backstep dumped/,
    ],
    [
      'not one that is gone',
      'test_restore',
      input({ backup: backup({ prunedAt: ago(0) }) }),
      onCall,
      /has been pruned/,
    ],
  ];
  it.each(cases)('%s: %s', (_name, action, given, actor, why) => {
    const found = gates(given, actor).actions[action];
    expect(found.allowed).toBe(why === null);
    if (why) expect(found.reason).toMatch(why);
  });
});
