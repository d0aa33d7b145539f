import { formatAmount } from '@/components/room/amount';
import { formatCount } from '@/components/room/format-count';
import { Banner } from '@/components/ui/banner';
import { Breakable } from '@/components/ui/breakable';
import { Panel, PanelBody, PanelHeader } from '@/components/ui/panel';
import { Table, TBody, TD, TH, THead, TR } from '@/components/ui/table';
import { Time } from '@/components/ui/time';
import type { RestoreLoss, RestoreWay } from '@/lib/core/restore';
import { LostWrites } from './lost-writes';
import { WAY_WORDS } from './way-words';

export interface RestoreLossPanelProps {
  backup: string;
  loss: RestoreLoss;
  /** Nothing of it is lost any more: the restored database does not serve. */
  over: boolean;
  way: RestoreWay;
}

/** What going back to this backup gives up: rows, and migrations that it lacks. */
export function RestoreLossPanel({ backup, loss, over, way }: RestoreLossPanelProps) {
  const { migrations, tables, problems } = loss;
  const changed = tables.filter(({ before, now }) => before !== now.value);
  return (
    <Panel aria-labelledby="restore-loss">
      <PanelHeader
        title={over ? WAY_WORDS[way].lacks : 'What is lost'}
        titleId="restore-loss"
        icon="loss"
        iconTone="warn"
        detail={
          <>
            written since <Time value={loss.takenAt} format="dayMinute" dot />
          </>
        }
      />
      <PanelBody className="flex flex-col gap-4">
        <LostWrites backup={backup} ageMs={loss.ageMs} writes={loss.writes} tables={[]} />
        {over ? null : (
          <p className="text-xs text-text-3">
            Measured <Time value={measuredAt(loss)} format="dayMinute" dot />. What is written
            between then and the swap is lost as well.
          </p>
        )}
        <p className="text-sm wrap-anywhere">
          {migrations.length === 0 ? (
            'The backup has every migration that the present database has.'
          ) : (
            <>
              <span className="font-medium">
                {formatCount(migrations.length, 'migration')} not in the backup:
              </span>{' '}
              <span className="mono">{migrations.join(', ')}</span>
            </>
          )}
        </p>
        {problems.map((problem) => (
          <Banner key={problem} tone="warn" title={problem} />
        ))}
      </PanelBody>
      {changed.length > 0 ? (
        <Table label="Rows by table, in the backup and now" minWidth="42rem">
          <THead>
            <TR>
              <TH>Table</TH>
              <TH align="end">In the backup</TH>
              <TH align="end">Now</TH>
              <TH>Newest row</TH>
            </TR>
          </THead>
          <TBody>
            {changed.map(({ table, before, now, newest }) => (
              <TR key={table}>
                <TD>
                  <code className="mono">
                    <Breakable text={table} />
                  </code>
                </TD>
                <TD align="end" numeric>
                  {before === null ? 'not in it' : before.toLocaleString('en-US')}
                </TD>
                <TD align="end" numeric>
                  {formatAmount(now)}
                </TD>
                <TD>
                  {newest ? (
                    <>
                      <Time value={newest.at} format="dateTime" dot />{' '}
                      <span className="text-xs text-text-3">{newest.column}</span>
                    </>
                  ) : (
                    <span className="text-text-3">not known</span>
                  )}
                </TD>
              </TR>
            ))}
          </TBody>
        </Table>
      ) : null}
    </Panel>
  );
}

const measuredAt = ({ takenAt, ageMs }: RestoreLoss): string =>
  new Date(Date.parse(takenAt) + ageMs).toISOString();
