'use client';

import Link from 'next/link';
import { useState } from 'react';
import { RoomAgo } from '@/components/room/room-clock';
import { targetHref } from '@/components/targets/target-links';
import { Badge } from '@/components/ui/badge';
import { Banner } from '@/components/ui/banner';
import { Button } from '@/components/ui/button';
import { Icon } from '@/components/ui/icon';
import { Menu } from '@/components/ui/menu';
import { Panel, PanelHeader } from '@/components/ui/panel';
import type { BackupMethod } from '@/lib/core/backup';
import type { BackupLine, BackupsPage, BackupTarget } from '@/lib/core/backup-views';
import type { Verdict } from '@/lib/core/gates';
import { AttestDialog } from './attest-dialog';
import type { AttestInput } from './attest-fields';
import { backupHref } from './backup-links';
import { levelWords, lineLook, takeWords } from './backup-words';
import { ProofChip } from './proof-chip';
import { newestOf } from './select-backups';
import { type BackupActions, useBackupAction } from './use-backup-action';

/** Each target with the backup that it would be brought back from, and the way to take another. */
export function TargetBackups({ page }: { page: BackupsPage }) {
  const actions = useBackupAction();
  const [busyWith, setBusyWith] = useState<string | null>(null);
  const [attested, setAttested] = useState<BackupTarget | null>(null);
  const { failure } = actions;

  async function take(target: BackupTarget, method: BackupMethod) {
    if (method === 'attested') {
      actions.dismiss();
      setAttested(target);
      return;
    }
    setBusyWith(target.name);
    await actions.perform('take_target_backup', { target: target.name, method });
    setBusyWith(null);
  }

  async function attest(input: AttestInput) {
    if (!attested) return;
    const done = await actions.perform('attest_backup', { target: attested.name, ...input });
    if (done) setAttested(null);
  }

  return (
    <Panel aria-labelledby="targets-backups">
      <PanelHeader
        title="Targets"
        titleId="targets-backups"
        detail="The newest confirmed backup of each, and how far it is proven"
      />
      {failure?.action === 'take_target_backup' ? (
        <div className="border-b border-line p-3">
          <Banner tone="danger" role="alert" title="No backup was asked for">
            {failure.message}
          </Banner>
        </div>
      ) : null}
      <ul>
        {page.targets.map((target) => (
          <li key={target.name} className="border-b border-line-soft last:border-b-0">
            <section
              aria-label={target.name}
              className="grid items-center gap-x-4 gap-y-2 px-4 py-2.5 md:grid-cols-[minmax(0,4fr)_minmax(0,6fr)_minmax(0,4fr)]"
            >
              <span className="flex min-w-0 flex-wrap items-center gap-2">
                <Link href={targetHref(target.name)} className="font-medium hover:underline">
                  {target.name}
                </Link>
                <Badge kind={target.environment} />
              </span>
              <Newest line={newestOf(page.backups, target.name)} target={target} />
              <TakeButtons
                target={target}
                actions={actions}
                busy={busyWith === target.name}
                onTake={(method) => void take(target, method)}
              />
            </section>
          </li>
        ))}
      </ul>
      {attested ? (
        <AttestDialog
          target={{ name: attested.name, address: null }}
          secondPerson={attested.secondPerson}
          open
          onOpenChange={(open) => {
            if (!open) setAttested(null);
          }}
          pending={actions.pending === 'attest_backup'}
          error={failure?.action === 'attest_backup' ? failure.message : null}
          onAttest={(input) => void attest(input)}
        />
      ) : null}
    </Panel>
  );
}

function Newest({ line, target }: { line: BackupLine | undefined; target: BackupTarget }) {
  const wanted = `the policy wants: ${levelWords(target.level).toLowerCase()}`;
  if (!line?.snapshotAt) {
    return (
      <span className="flex items-center gap-2 text-sm text-text-2">
        <Icon name="warn" size={14} className="text-warn-text" />
        No confirmed backup; {wanted}
      </span>
    );
  }
  return (
    <span className="flex min-w-0 flex-wrap items-center gap-x-2.5 gap-y-1 text-sm">
      <Link href={backupHref(line.label)} className="link mono">
        {line.label}
      </Link>
      <RoomAgo value={line.snapshotAt} />
      <ProofChip look={lineLook(line)} />
      {line.level === target.level ? null : <span className="text-xs text-text-2">{wanted}</span>}
    </span>
  );
}

function TakeButtons(props: {
  target: BackupTarget;
  actions: BackupActions;
  busy: boolean;
  onTake: (method: BackupMethod) => void;
}) {
  const { target, actions, busy, onTake } = props;
  const verdictOf = (method: BackupMethod): Verdict =>
    method === 'attested' ? target.attest : target.take;
  // For a person whose role it never is, nothing at all.
  if (target.take.roleOnly !== undefined && target.attest.roleOnly !== undefined) return null;
  const [first, ...others] = target.methods;
  if (!first) return null;
  const verdict = verdictOf(first);
  return (
    <span className="flex items-center justify-end gap-2 max-md:justify-start">
      <Button
        icon={first === 'attested' ? 'sign' : 'archive'}
        disabledReason={verdict.allowed ? null : verdict.reason}
        pending={busy && actions.pending !== null}
        pendingLabel="Asking for it"
        aria-label={`${takeWords(first)} of ${target.name}`}
        onClick={() => onTake(first)}
      >
        {takeWords(first)}
      </Button>
      {others.length > 0 ? (
        <Menu
          trigger={
            <Button
              aria-label={`Other ways to take a backup of ${target.name}`}
              icon="chevronDown"
            />
          }
          items={others.map((method) => {
            const other = verdictOf(method);
            return {
              id: method,
              label: takeWords(method),
              icon: method === 'attested' ? ('sign' as const) : ('archive' as const),
              disabledReason: other.allowed ? null : other.reason,
              onSelect: () => onTake(method),
            };
          })}
        />
      ) : null}
    </span>
  );
}
