'use client';

import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useEffect, useRef, useState } from 'react';
import { ActionError, postAction } from '@/components/api/post-action';
import { backupsHref } from '@/components/backups/backup-links';
import { formatAmount } from '@/components/room/amount';
import { formatSize } from '@/components/room/format-count';
import { RoomAgo, RoomClock } from '@/components/room/room-clock';
import { Banner } from '@/components/ui/banner';
import { Breakable } from '@/components/ui/breakable';
import { Button } from '@/components/ui/button';
import { Checkbox } from '@/components/ui/checkbox';
import { Command } from '@/components/ui/command';
import { formatDuration } from '@/components/ui/duration-format';
import { EmptyState } from '@/components/ui/empty-state';
import { Field } from '@/components/ui/field';
import { Input } from '@/components/ui/input';
import { Panel, PanelBody, PanelFooter, PanelHeader } from '@/components/ui/panel';
import { StatusChip } from '@/components/ui/status-chip';
import { Table, TBody, TD, TH, THead, TR } from '@/components/ui/table';
import { Textarea } from '@/components/ui/textarea';
import { Time } from '@/components/ui/time';
import { BACKUP_LEVEL_LABELS, type BackupLevel } from '@/lib/core/backup';
import type { RestoreWay } from '@/lib/core/restore';
import type { RestoreChoice, RestoreOption } from '@/lib/core/restore-views';
import { InPlaceBanner, InPlaceFacts, lackOf, wayOf } from './in-place-choice';
import { WouldBeLost } from './would-be-lost';

export interface RestoreChoiceProps {
  choice: RestoreChoice;
  /** Label of the backup that is chosen at first; null: the newest that can be restored. */
  preferred: string | null;
}

/** Which backup, what it would lose, and why: the beginning of an emergency restore. */
export function RestoreChoiceView({ choice, preferred }: RestoreChoiceProps) {
  const way = wayOf(choice);
  const options = choice.options.map((option) =>
    way === 'in_place' ? { ...option, problem: option.problem ?? option.inPlaceProblem } : option,
  );
  const usable = options.filter(({ problem }) => problem === null);
  const first = usable.find(({ backup }) => backup === preferred) ?? usable[0];
  const [chosen, choose] = useState(first?.backup ?? null);
  const option = options.find(({ backup }) => backup === chosen);

  if (options.length === 0)
    return (
      <Panel aria-label="Backups">
        <EmptyState title="There is no backup of this target" icon="archive">
          Nothing can be restored before one has been taken. Backups that were made elsewhere are
          restored with the tool that made them.
        </EmptyState>
      </Panel>
    );
  return (
    <RoomClock now={choice.now}>
      {way === 'in_place' && choice.inPlace ? <InPlaceBanner rights={choice.rights} /> : null}
      <Options options={options} target={choice.target.name} chosen={chosen} onChoose={choose} />
      {option ? (
        <div className="grid items-start gap-3 lg:grid-cols-2">
          <WouldBeLost option={option} present={choice.present} now={choice.now} />
          <Begin choice={choice} option={option} way={way} />
        </div>
      ) : null}
      <Instructions choice={choice} />
    </RoomClock>
  );
}

interface OptionsProps {
  options: readonly RestoreOption[];
  target: string;
  chosen: string | null;
  onChoose: (backup: string) => void;
}

function Options({ options, target, chosen, onChoose }: OptionsProps) {
  const list = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what was there before the first effect
  useEffect(() => {
    // Chosen before the page came alive: the dot must not stand at another backup than the one that is restored.
    const dot = list.current?.querySelector<HTMLInputElement>('input[name=backup]:checked');
    if (dot && dot.value !== chosen) onChoose(dot.value);
  }, []);
  return (
    <Panel ref={list} aria-labelledby="choose-backup">
      <PanelHeader
        title="Choose backup"
        titleId="choose-backup"
        detail={`${options.length.toLocaleString('en-US')} of this target, newest first`}
        actions={
          <Link href={backupsHref(target)} className="link text-sm">
            All backups
          </Link>
        }
      />
      <Table label="Backups of this target" minWidth="46rem">
        <THead>
          <TR>
            <TH>Backup</TH>
            <TH>Snapshot, UTC and local</TH>
            <TH>Age</TH>
            <TH>Head</TH>
            <TH>Proof</TH>
            <TH align="end">Writes lost</TH>
          </TR>
        </THead>
        <TBody>
          {options.map((option) => (
            <TR key={option.backup} selected={option.backup === chosen}>
              <TD>
                <label className="flex min-h-6 items-center gap-2">
                  <input
                    type="radio"
                    name="backup"
                    value={option.backup}
                    checked={option.backup === chosen}
                    disabled={option.problem !== null}
                    onChange={() => onChoose(option.backup)}
                    className="size-4 accent-accent"
                  />
                  <code className="mono whitespace-nowrap">{option.backup}</code>
                </label>
              </TD>
              <TD>
                <Time value={option.snapshotAt} format="dayMinute" dot />
                {option.sizeBytes === null ? null : (
                  <span className="block text-xs text-text-3">{formatSize(option.sizeBytes)}</span>
                )}
              </TD>
              <TD>
                <RoomAgo value={option.snapshotAt} />
              </TD>
              <TD>
                <code className="mono">
                  <Breakable text={option.headTag ?? 'not known'} />
                </code>
              </TD>
              <TD>
                {option.problem ? (
                  <span className="text-text-2">{option.problem}</span>
                ) : (
                  <Proof level={option.level} />
                )}
              </TD>
              <TD align="end" numeric>
                {formatAmount(option.writesLost)}
              </TD>
            </TR>
          ))}
        </TBody>
      </Table>
    </Panel>
  );
}

const LEVEL_TONE = { restored: 'ok', read: 'info', vouched: 'unknown' } as const;

function Proof({ level }: { level: BackupLevel }) {
  return (
    <StatusChip bare tone={LEVEL_TONE[level]}>
      {BACKUP_LEVEL_LABELS[level]}
    </StatusChip>
  );
}

interface BeginProps {
  choice: RestoreChoice;
  option: RestoreOption;
  way: RestoreWay;
}

function Begin({ choice, option, way }: BeginProps) {
  const router = useRouter();
  const inPlace = way === 'in_place' ? choice.inPlace : null;
  const [understood, setUnderstood] = useState(false);
  const [reason, setReason] = useState('');
  const [incident, setIncident] = useState('');
  const [missing, setMissing] = useState(false);
  const [pending, setPending] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);

  async function create() {
    if (reason.trim() === '') {
      setMissing(true);
      return;
    }
    setPending(true);
    setFailure(null);
    try {
      const { label } = await postAction<{ label: string }>('create_restore', {
        target: choice.target.name,
        backup: option.backup,
        way,
        reason: reason.trim(),
        ...(incident.trim() === '' ? {} : { incident: incident.trim() }),
      });
      router.push(`/restore/${label}`);
    } catch (cause) {
      setPending(false);
      setFailure(
        cause instanceof ActionError ? cause.message : 'Something went wrong. Look again.',
      );
    }
  }

  return (
    <Panel aria-labelledby="begin-restore">
      <PanelHeader
        title={inPlace ? `Restore ${option.backup} in place` : `Restore ${option.backup}`}
        titleId="begin-restore"
      />
      <PanelBody className="flex flex-col gap-3">
        <Field
          label="Reason"
          required
          error={missing ? 'Say why: reviewers and auditors read it.' : undefined}
        >
          <Textarea
            value={reason}
            rows={2}
            maxLength={2_000}
            onChange={(event) => {
              setMissing(false);
              setReason(event.target.value);
            }}
          />
        </Field>
        <Field label="Incident" optional>
          <Input
            value={incident}
            maxLength={200}
            onChange={(event) => setIncident(event.target.value)}
          />
        </Field>
        {inPlace ? (
          <>
            <InPlaceFacts inPlace={inPlace} />
            <Checkbox
              checked={understood}
              onCheck={setUnderstood}
              label="Restore in place, in the one database that there is"
              hint="The copy and the present state share its disk, its roles and its extensions."
            />
          </>
        ) : null}
        {failure ? <Banner tone="danger" role="alert" title={failure} /> : null}
      </PanelBody>
      <PanelFooter className="justify-between">
        <span className="min-w-0 flex-1 text-xs text-text-2">
          This only makes{' '}
          {inPlace
            ? 'new schemas beside the present ones'
            : 'a new database beside the present one'}
          {costWords(option)}. The swap is asked for again, and the policy’s approvals
          {inPlace ? ' and a backup of the present state' : ''} come before it.
        </span>
        <Button
          variant="primary"
          disabledReason={
            choice.inTheWay ??
            (inPlace && !understood ? 'Tick that it is restored in place.' : null)
          }
          reasonPlacement="before"
          pending={pending}
          pendingLabel="Creating"
          onClick={() => void create()}
        >
          Create restore
        </Button>
      </PanelFooter>
    </Panel>
  );
}

/** `, of about 42.7 MB and in ≈ 1.8 s` */
function costWords({ databaseBytes, testRestoreMs }: RestoreOption): string {
  const size = databaseBytes === null ? [] : [`of about ${formatSize(databaseBytes)}`];
  const time = testRestoreMs === null ? [] : [`in ≈ ${formatDuration(testRestoreMs)}`];
  const words = [...size, ...time].join(' and ');
  return words === '' ? '' : `, ${words}`;
}

/** What somebody with more rights does where the role of the target may not. */
function Instructions({ choice }: { choice: RestoreChoice }) {
  const { instructions, rights, inPlace } = choice;
  if (instructions.length === 0) return null;
  return (
    <Panel aria-labelledby="by-hand">
      <PanelHeader
        title={
          inPlace?.possible ? 'For the better way: more rights' : 'Where the role may not: by hand'
        }
        titleId="by-hand"
        detail={lackOf(rights)}
      />
      <PanelBody className="flex flex-col gap-3">
        {inPlace && !inPlace.possible ? (
          <p className="text-sm wrap-anywhere">
            It can’t be restored in place either. {inPlace.why}
          </p>
        ) : null}
        <ol className="flex list-decimal flex-col gap-3 pl-5 text-sm">
          {instructions.map(({ text, command }) => (
            <li key={text}>
              <p>{text}</p>
              {command ? <Command text={command} what={text} /> : null}
            </li>
          ))}
        </ol>
      </PanelBody>
    </Panel>
  );
}
