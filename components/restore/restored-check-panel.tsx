import { formatSize } from '@/components/room/format-count';
import { Checklist } from '@/components/ui/checklist';
import { Duration } from '@/components/ui/duration';
import { Panel, PanelHeader } from '@/components/ui/panel';
import type { RestoredCheck } from '@/lib/core/backup';

/** Whether the restored database is what the backup says, check by check. */
export function RestoredCheckPanel({
  check,
  database,
}: {
  check: RestoredCheck;
  database: string;
}) {
  const { mismatches, fingerprint, invalid, remarks } = check;
  const same = fingerprint.expected === fingerprint.found;
  const short = (value: string) => value.slice(0, 12);
  return (
    <Panel aria-labelledby="restored-check">
      <PanelHeader
        title={
          check.ok ? 'The copy is what the backup says' : 'The copy is not what the backup says'
        }
        titleId="restored-check"
        icon={check.ok ? 'ok' : 'danger'}
        iconTone={check.ok ? 'ok' : 'danger'}
        detail={
          <>
            <code className="mono wrap-anywhere">{database}</code>, {formatSize(check.bytes)}
          </>
        }
      />
      <Checklist
        label="Checks of the restored database"
        items={[
          {
            id: 'restored',
            tone: 'ok',
            name: 'Restored',
            evidence: `${check.tables.toLocaleString('en-US')} tables`,
            result: 'Done',
            duration: <Duration milliseconds={check.restoreMs} />,
          },
          {
            id: 'rows',
            tone: mismatches.length === 0 ? 'ok' : 'danger',
            name: 'Rows of every table',
            evidence:
              mismatches.length === 0
                ? `${check.rows.toLocaleString('en-US')} rows, as counted in the backup’s snapshot`
                : mismatches
                    .slice(0, 5)
                    .map(
                      ({ table, expected, found }) => `${table}: ${found} instead of ${expected}`,
                    )
                    .join(', '),
            result: mismatches.length === 0 ? 'Equal' : 'Different',
            duration: <Duration milliseconds={check.verifyMs} />,
          },
          {
            id: 'schema',
            tone: same ? 'ok' : 'danger',
            name: 'Schema',
            evidence: same
              ? `fingerprint ${short(fingerprint.found)}`
              : `fingerprint ${short(fingerprint.found)} instead of ${short(fingerprint.expected)}`,
            result: same ? 'Equal' : 'Different',
          },
          {
            id: 'invalid',
            tone: invalid.length === 0 ? 'ok' : 'danger',
            name: 'Indexes and constraints',
            evidence: invalid.length === 0 ? 'all valid' : invalid.join(', '),
            result: invalid.length === 0 ? 'Valid' : 'Invalid',
          },
        ]}
      />
      {remarks.length > 0 ? (
        <ul className="border-t border-line-soft px-4 py-2 text-xs text-text-2">
          {remarks.map((remark) => (
            <li key={remark} className="wrap-anywhere">
              {remark}
            </li>
          ))}
        </ul>
      ) : null}
    </Panel>
  );
}
