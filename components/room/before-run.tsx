'use client';

import { levelWords } from '@/components/backups/backup-words';
import { Checklist, type CheckTone } from '@/components/ui/checklist';
import { formatDuration } from '@/components/ui/duration-format';
import { Icon, type IconName } from '@/components/ui/icon';
import { Panel, PanelBody, PanelHeader } from '@/components/ui/panel';
import { type Gate, type GateState, ROOM_STEP_LABELS } from '@/lib/core/gates';
import type { RollbackRoom } from '@/lib/core/views';
import { formatCount } from './format-count';
import { measuredSteps, undoMs } from './rehearsal-times';
import { formatRunning } from './room-clock';

const GATE: Record<GateState, [tone: CheckTone, word: string]> = {
  done: ['ok', 'Open'],
  current: ['pending', 'Missing'],
  todo: ['pending', 'Missing'],
  working: ['running', 'Under way'],
  failed: ['danger', 'Failed'],
  stale: ['warn', 'Out of date'],
};

/** The gates that a run has to pass, and what it will do once they are open. */
export function BeforeRun({ room }: { room: RollbackRoom }) {
  const gates = room.gates.steps.filter((gate) => gate.step !== 'run' && gate.step !== 'verify');
  const open = gates.filter((gate) => gate.open).length;
  return (
    <>
      <Panel aria-labelledby="gates">
        <PanelHeader
          title="Before the run"
          titleId="gates"
          detail={`${open} of ${gates.length} gates open`}
        />
        <Checklist label="Gates before the run" items={gates.map(gateItem)} />
      </Panel>
      <Panel aria-labelledby="what-happens">
        <PanelHeader title="What happens when you run it" titleId="what-happens" />
        <PanelBody>
          <RunConsequences room={room} />
        </PanelBody>
      </Panel>
    </>
  );
}

function gateItem(gate: Gate) {
  const [tone, word] = GATE[gate.state];
  return {
    id: gate.step,
    tone: gate.step === 'approval' && gate.state === 'working' ? ('pending' as const) : tone,
    name: ROOM_STEP_LABELS[gate.step],
    evidence: gate.open ? gate.summary : (gate.reason ?? gate.summary),
    result: gate.step === 'approval' && gate.state === 'working' ? 'Waiting' : word,
  };
}

/** What a run does, in the order in which it does it. Also what the dialog before it says. */
export function RunConsequences({
  room,
  allOrNothing = false,
}: {
  room: RollbackRoom;
  allOrNothing?: boolean;
}) {
  const { plan, policy, backup } = room;
  const numbers = plan.steps.map((step) => step.number).join(', ');
  const alone = plan.steps.reduce(
    (sum, step) => sum + step.statements.filter(({ transactional }) => !transactional).length,
    0,
  );
  const measured = measuredSteps(room);
  const single = plan.steps.length === 1;
  // What runs on its own is in no transaction: the line about it says so.
  const transactions =
    alone > 0
      ? ''
      : allOrNothing
        ? ', all in one transaction'
        : single
          ? ', in one transaction'
          : ', one transaction each';
  const lines: [icon: IconName, text: string][] = [
    [
      'list',
      `${numbers} ${single ? 'is' : 'are'} undone on ${room.target.name}${single ? '' : ', newest first'}${transactions}. The database ends at ${plan.to.number}.`,
    ],
    [
      'lock',
      `${allOrNothing ? 'It' : 'A step'} waits at most ${formatRunning(policy.lock_timeout_ms)} for a lock. Then ${allOrNothing ? 'all of it' : 'it'} is rolled back${policy.step_attempts > 1 ? ` and tried again, ${policy.step_attempts} times in all` : ', and the run stops'}.`,
    ],
    ...(measured
      ? [
          [
            'clock',
            measured.backup
              ? `≈ ${formatDuration(undoMs(measured))}, as measured on the data of ${measured.backup}; with others at work it may take longer.`
              : `≈ ${formatDuration(undoMs(measured))}, as rehearsed without data: with data it takes longer.`,
          ] satisfies [IconName, string],
        ]
      : []),
    ...(policy.fence
      ? [
          [
            'fenceUp',
            `The fence goes up with the first step: images newer than ${plan.to.number} can’t migrate until you release it.`,
          ] satisfies [IconName, string],
        ]
      : [
          [
            'eye',
            'No fence, by policy: the tracking table is watched, and you are told when a newer image has migrated again.',
          ] satisfies [IconName, string],
        ]),
    ...(alone > 0
      ? [
          [
            'warn',
            `${formatCount(alone, 'statement')} can’t run in a transaction: what ${alone === 1 ? 'it does' : 'they do'} stays, even if the step fails later. Resume then goes on after ${alone === 1 ? 'it' : 'them'}.`,
          ] satisfies [IconName, string],
        ]
      : []),
    [
      'stepForward',
      allOrNothing || single
        ? 'You can cancel it until it is committed. It goes on without this page.'
        : 'You can stop after any step, or cancel the step that runs. It goes on without this page.',
    ],
    [
      'archive',
      backup?.state === 'passed'
        ? `Way back for the data: ${backup.label}, ${levelWords(backup.level).toLowerCase()}.`
        : 'There is no confirmed backup yet.',
    ],
  ];
  return (
    <ul className="flex flex-col gap-2 text-sm">
      {lines.map(([icon, text]) => (
        <li key={icon} className="flex gap-2">
          <Icon name={icon} className="mt-0.5 text-text-3" />
          <span className="min-w-0">{text}</span>
        </li>
      ))}
    </ul>
  );
}
