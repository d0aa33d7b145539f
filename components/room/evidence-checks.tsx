'use client';

import { levelWords } from '@/components/backups/backup-words';
import { allPassed, chainMs, isTesting } from '@/components/backups/rehearsal-words';
import { Checklist, type ChecklistItem } from '@/components/ui/checklist';
import { formatDuration } from '@/components/ui/duration-format';
import { Panel, PanelHeader } from '@/components/ui/panel';
import { Time } from '@/components/ui/time';
import { whereItFailed } from '@/lib/core/backup-gate';
import { verdictOf } from '@/lib/core/proof';
import type { RollbackRoom } from '@/lib/core/views';
import { countTaken } from './danger-groups';
import { formatCount } from './format-count';
import { impactOf } from './loss-ledger';
import { RoomElapsed } from './room-clock';
import { gradesSummary, proofOf } from './step-proofs';

/** Everything that speaks for the rollback or against it, with the time it was found. */
export function EvidenceChecks({ room }: { room: RollbackRoom }) {
  const items = [
    scriptsItem(room),
    rehearsalItem(room),
    backupItem(room),
    ...restoredItems(room),
    driftItem(room),
    ...dangerItems(room),
    planItem(room),
    releaseItem(room),
  ];
  const passed = items.filter((item) => item.tone === 'ok').length;
  const warned = items.filter((item) => item.tone === 'warn').length;
  return (
    <Panel aria-labelledby="evidence">
      <PanelHeader
        title="Evidence"
        titleId="evidence"
        detail={`${passed} of ${items.length} passed${warned > 0 ? `, ${formatCount(warned, 'warning')}` : ''}`}
      />
      <Checklist label="Evidence" items={items} />
    </Panel>
  );
}

const at = (value: string | null | undefined) =>
  value ? <Time value={value} local={false} /> : undefined;

function scriptsItem(room: RollbackRoom): ChecklistItem {
  const base = { id: 'scripts', name: 'Rollback scripts proven' };
  const proofs = room.plan.steps.map((step) => proofOf(room, step.position));
  const made = proofs.filter((proof) => proof !== null);
  if (made.length < proofs.length) {
    return {
      ...base,
      tone: 'pending',
      evidence: `${made.length} of ${formatCount(proofs.length, 'round trip')} made`,
      result: 'Missing',
    };
  }
  const evidence = gradesSummary(room);
  const verdicts = made.map((proof) => verdictOf(proof, room.policy));
  if (verdicts.includes('block')) return { ...base, tone: 'danger', evidence, result: 'Blocks' };
  if (verdicts.includes('acknowledge'))
    return { ...base, tone: 'warn', evidence, result: 'Warning' };
  return { ...base, tone: 'ok', evidence, result: 'Passed' };
}

/** Only where there is something to take on, or the rehearsal says that there is nothing. */
function dangerItems(room: RollbackRoom): ChecklistItem[] {
  const base = { id: 'dangers', name: 'Dangers acknowledged' };
  const { taken, all } = countTaken(room);
  if (all === 0) {
    return impactOf(room)
      ? [{ ...base, tone: 'ok', evidence: 'none was found', result: 'None' }]
      : [];
  }
  const names = [
    ...new Set(
      room.acknowledgements.filter((one) => one.digest === room.digest).map((one) => one.by.name),
    ),
  ];
  return [
    taken === all
      ? {
          ...base,
          tone: 'ok',
          evidence: `${all} of ${all}, by ${names.join(', ')}`,
          result: 'Read',
        }
      : { ...base, tone: 'danger', evidence: `${taken} of ${all}`, result: 'Open' },
  ];
}

function rehearsalItem(room: RollbackRoom): ChecklistItem {
  const base = { id: 'rehearsal', name: 'Rehearsed' };
  const rehearsal = room.rehearsal?.digest === room.digest ? room.rehearsal : null;
  if (!rehearsal) {
    return { ...base, tone: 'pending', evidence: 'not for this plan', result: 'Missing' };
  }
  const { result, state } = rehearsal;
  switch (state) {
    case 'queued':
    case 'running':
      return {
        ...base,
        tone: 'running',
        evidence:
          state === 'queued' ? 'waiting for the executor' : 'on a scratch database, going on',
        result: state === 'queued' ? 'Waiting' : 'Running',
        duration: <RoomElapsed since={rehearsal.startedAt ?? rehearsal.queuedAt} />,
      };
    case 'passed':
      return {
        ...base,
        tone: 'ok',
        evidence: `${result?.steps.length ?? 0} of ${formatCount(room.plan.steps.length, 'step')} passed on ${result?.mode === 'clone' ? 'a copy of the live schema' : `a scratch database at ${room.plan.from.number}`}`,
        result: 'Passed',
        duration: at(rehearsal.finishedAt),
      };
    default:
      return {
        ...base,
        tone: 'danger',
        evidence: rehearsal.error ?? 'see the preview',
        result: state === 'failed' ? 'Failed' : 'Interrupted',
        duration: at(rehearsal.finishedAt),
      };
  }
}

function backupItem(room: RollbackRoom): ChecklistItem {
  const { backup } = room;
  const base = { id: 'backup', name: 'Backup confirmed' };
  const gate = room.gates.steps.find((one) => one.step === 'backup');
  if (!backup) return { ...base, tone: 'pending', evidence: 'none taken', result: 'Missing' };
  if (backup.state === 'queued' || backup.state === 'running') {
    return {
      ...base,
      tone: 'running',
      evidence:
        backup.state === 'queued'
          ? `${backup.label} waits for the executor`
          : `${backup.label} is being taken`,
      result: backup.state === 'queued' ? 'Waiting' : 'Running',
      duration: <RoomElapsed since={backup.startedAt ?? backup.queuedAt} />,
    };
  }
  const passed = backup.checks.filter((check) => check.ok).length;
  const evidence =
    backup.checks.length > 0
      ? `${backup.label}, ${passed} of ${formatCount(backup.checks.length, 'check')} passed: ${levelWords(backup.level).toLowerCase()}`
      : `${backup.label}: ${levelWords(backup.level).toLowerCase()}`;
  const duration = at(backup.snapshotAt ?? backup.finishedAt);
  if (backup.state !== 'passed') {
    return {
      ...base,
      tone: 'danger',
      evidence: backup.error ?? evidence,
      result: 'Failed',
      duration,
    };
  }
  if (!gate?.open) {
    return {
      ...base,
      tone: 'warn',
      evidence: gate?.reason ?? evidence,
      result: 'Not enough',
      duration,
    };
  }
  return { ...base, tone: 'ok', evidence, result: 'Passed', duration };
}

/** The test restore and the rehearsal on real rows, where there was one or the policy wants one. */
function restoredItems(room: RollbackRoom): ChecklistItem[] {
  const { backup, digest, policy } = room;
  const base = { id: 'restored', name: 'Rehearsed on real data' };
  const test = backup?.testRestore ?? null;
  if (!backup || !test) {
    return policy.backup.level === 'restored'
      ? [{ ...base, tone: 'pending', evidence: 'no backup has been restored', result: 'Missing' }]
      : [];
  }
  if (isTesting(test)) {
    return [
      {
        ...base,
        tone: 'running',
        evidence: `${backup.label} is being restored on the scratch server`,
        result: 'Running',
        duration: <RoomElapsed since={test.startedAt ?? test.queuedAt} />,
      },
    ];
  }
  const duration = at(test.finishedAt);
  const rehearsal = test.rehearsal?.digest === digest ? test.rehearsal : null;
  if (test.check && !test.check.ok) {
    return [{ ...base, tone: 'danger', evidence: test.check.message, result: 'Failed', duration }];
  }
  if (rehearsal) {
    return [
      {
        ...base,
        tone: rehearsal.ok ? 'ok' : 'danger',
        evidence: rehearsal.ok
          ? `${backup.label} restored, ${allPassed(rehearsal.steps.length)} in ${formatDuration(chainMs(rehearsal.steps))}`
          : `${backup.label}: ${whereItFailed(rehearsal)}`,
        result: rehearsal.ok ? 'Passed' : 'Failed',
        duration,
      },
    ];
  }
  const missing = test.check
    ? `${backup.label} restored, this plan not rehearsed on it`
    : (test.error ?? `${backup.label} could not be restored`);
  return [{ ...base, tone: 'warn', evidence: missing, result: 'Missing', duration }];
}

function driftItem(room: RollbackRoom): ChecklistItem {
  const base = { id: 'drift', name: 'No schema drift' };
  const rehearsal = room.rehearsal?.digest === room.digest ? room.rehearsal : null;
  const result = rehearsal?.result;
  if (!result)
    return {
      ...base,
      tone: 'pending',
      evidence: 'comes with the rehearsal',
      result: 'Not checked',
    };
  const duration = at(rehearsal?.finishedAt);
  if (result.drift.length === 0) {
    return {
      ...base,
      tone: 'ok',
      evidence: `${formatCount(result.objectsCompared, 'object')} compared with the files`,
      result: 'Passed',
      duration,
    };
  }
  const blocks = room.policy.drift === 'block';
  return {
    ...base,
    tone: blocks ? 'danger' : 'warn',
    evidence: `${formatCount(result.drift.length, 'difference')} from the files, see the preview`,
    result: blocks ? 'Blocks' : 'Warning',
    duration,
  };
}

function planItem(room: RollbackRoom): ChecklistItem {
  const { planCheck } = room;
  const base = { id: 'plan', name: 'Plan unchanged' };
  if (!planCheck)
    return { ...base, tone: 'pending', evidence: 'not compared yet', result: 'Not checked' };
  const duration = at(planCheck.checkedAt);
  const [first] = planCheck.changes;
  if (!first) {
    return {
      ...base,
      tone: 'ok',
      evidence: 'files, tracking rows and live schema are as pinned',
      result: 'Passed',
      duration,
    };
  }
  const unread = planCheck.changes.every((change) => change.kind === 'unreadable');
  return {
    ...base,
    tone: unread ? 'warn' : 'danger',
    evidence: first.message,
    result: unread ? 'Not readable' : 'Changed',
    duration,
  };
}

function releaseItem(room: RollbackRoom): ChecklistItem {
  const base = { id: 'release', name: 'Release to deploy' };
  const [release] = room.releases;
  return release
    ? {
        ...base,
        tone: 'ok',
        evidence: `${release.name}, journal ends at ${room.plan.to.number}${release.from === 'git' ? ', a git tag' : ''}`,
        result: 'Known',
      }
    : {
        ...base,
        tone: 'warn',
        evidence: `no configured release and no git tag ends at ${room.plan.to.number}`,
        result: 'Not named',
      };
}
