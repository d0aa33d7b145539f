'use client';

import Link from 'next/link';
import { formatSize } from '@/components/room/format-count';
import { RoomAgo, RoomElapsed } from '@/components/room/room-clock';
import { Badge } from '@/components/ui/badge';
import { Breakable } from '@/components/ui/breakable';
import { Table, TBody, TD, TH, THead, TR } from '@/components/ui/table';
import { Time } from '@/components/ui/time';
import type { BackupLine } from '@/lib/core/backup-views';
import { backupHref, restoreHref } from './backup-links';
import { lineLook, METHOD_LABELS, progressWords } from './backup-words';
import { ProofChip } from './proof-chip';
import { isTesting, rehearsedWords } from './rehearsal-words';
import { canBeRestored } from './select-backups';

/** Backups, newest first; each leads to its page. */
export function BackupTable({ lines }: { lines: readonly BackupLine[] }) {
  return (
    <Table label="Backups" minWidth="75rem">
      <THead>
        <TR>
          <TH>Backup</TH>
          <TH>Target</TH>
          <TH>Age, taken at</TH>
          <TH>How far it is proven</TH>
          <TH>Head</TH>
          <TH align="end">Size</TH>
          <TH>Method</TH>
          <TH>Kept because</TH>
        </TR>
      </THead>
      <TBody>
        {lines.map((line) => (
          <BackupRow key={line.label} line={line} />
        ))}
      </TBody>
    </Table>
  );
}

function BackupRow({ line }: { line: BackupLine }) {
  return (
    <TR tone={line.pruned ? 'muted' : undefined}>
      <TD>
        <Link href={backupHref(line.label)} className="link mono whitespace-nowrap">
          {line.label}
        </Link>
        {line.rollback ? (
          <span className="block text-xs whitespace-nowrap text-text-2">
            for{' '}
            <Link href={`/rollbacks/${line.rollback}`} className="link">
              {line.rollback}
            </Link>
          </span>
        ) : null}
        {canBeRestored(line) ? (
          <Link
            href={restoreHref(line)}
            aria-label={`Restore from it: ${line.label}`}
            className="link block text-xs whitespace-nowrap"
          >
            Restore from it
          </Link>
        ) : null}
      </TD>
      <TD>
        <span className="flex items-center gap-2 whitespace-nowrap">
          {line.target}
          {line.environment ? <Badge kind={line.environment} /> : null}
        </span>
        {line.environment ? null : (
          <span className="block text-xs text-text-2">not configured any more</span>
        )}
      </TD>
      <TD numeric>
        {line.snapshotAt ? (
          <>
            <RoomAgo value={line.snapshotAt} />
            <span className="block text-xs text-text-2">
              <Time value={line.snapshotAt} format="dayMinute" />
            </span>
          </>
        ) : (
          <span className="text-text-2">no snapshot</span>
        )}
      </TD>
      <TD className="max-w-80 min-w-52">
        <ProofChip look={lineLook(line)} />
        <Below line={line} />
      </TD>
      <TD className="max-w-52 min-w-44">
        {line.head ? (
          <code className="mono wrap-anywhere">
            <Breakable text={line.head} />
          </code>
        ) : (
          <span className="text-text-2">{line.method === 'pg_dump' ? '–' : 'not known'}</span>
        )}
      </TD>
      <TD align="end" numeric>
        {line.sizeBytes === null ? '–' : formatSize(line.sizeBytes)}
      </TD>
      <TD className="whitespace-nowrap">{METHOD_LABELS[line.method]}</TD>
      <TD className="max-w-64 min-w-44 text-xs text-text-2">
        <Kept line={line} />
      </TD>
    </TR>
  );
}

/** Under the chip: how far it is, why it is none, what was rehearsed on it. */
function Below({ line }: { line: BackupLine }) {
  const { state, progress, error, testRestore } = line;
  const small = 'mt-0.5 block text-xs text-text-2';
  if (state === 'queued' || state === 'running') {
    const words = progress ? progressWords(progress) : null;
    return (
      <span className={`${small} tabular-nums`}>
        {words
          ? `${[words.tables ?? progress?.phase, words.pace].filter(Boolean).join(', ')}, `
          : ''}
        for <RoomElapsed since={line.startedAt ?? line.queuedAt} />
      </span>
    );
  }
  if (state === 'failed' || state === 'interrupted') {
    return error ? (
      <span className={`${small} line-clamp-2 wrap-anywhere`} title={error}>
        {error}
      </span>
    ) : null;
  }
  if (testRestore && isTesting(testRestore))
    return (
      <span className={`${small} tabular-nums`}>
        {testRestore.progress ? `${testRestore.progress.phase}, ` : ''}for{' '}
        <RoomElapsed since={testRestore.startedAt ?? testRestore.queuedAt} />
      </span>
    );
  const rehearsed = rehearsedWords(testRestore);
  return rehearsed ? <span className={small}>{rehearsed}</span> : null;
}

function Kept({ line }: { line: BackupLine }) {
  if (line.pruned) {
    return (
      <>
        Pruned <Time value={line.pruned.at} format="dayMinute" local={false} />
        <span className="block">{line.pruned.reason}</span>
      </>
    );
  }
  if (!line.retention) return null;
  return line.retention.prune ? (
    <>
      <span className="font-medium text-warn-text">Goes with the next pruning.</span>{' '}
      {line.retention.reason}
    </>
  ) : (
    line.retention.reason
  );
}
