'use client';

import { Disclosure } from '@/components/ui/disclosure';
import { Duration } from '@/components/ui/duration';
import type { IconName } from '@/components/ui/icon';
import { StatusChip } from '@/components/ui/status-chip';
import type { LiveFinding, LiveImpact, RehearsedStatement } from '@/lib/core/evidence';
import type { Hazard, Statement } from '@/lib/core/statement';
import { AloneChip } from './alone-chip';
import { formatCount } from './format-count';
import { HazardChips } from './hazard-chips';

const FINDING_ICON: Record<LiveFinding['code'], IconName> = {
  cascade: 'branch',
  violates: 'danger',
  no_violation: 'ok',
  not_looked: 'eyeOff',
};

export interface StatementNotesProps {
  statement: Statement;
  rehearsed: RehearsedStatement | undefined;
  /** The same on the rows of a backup, where it was. */
  onBackup?: { label: string; statement: RehearsedStatement } | undefined;
  impact: LiveImpact | null;
  /** Step of the plan. */
  position: number;
}

/** What one statement puts at risk, what the live target says to it, and how to do it more safely. */
export function StatementNotes(props: StatementNotesProps) {
  const { statement, rehearsed, onBackup, impact, position } = props;
  const findings = (impact?.findings ?? []).filter(
    (one) => one.position === position && one.statement === statement.index,
  );
  const explained = statement.hazards.filter((hazard) => hazard.detail || hazard.safer);
  if (
    statement.transactional &&
    statement.hazards.length === 0 &&
    findings.length === 0 &&
    !rehearsed
  )
    return <div className="h-2" />;
  return (
    <div className="pr-4 pb-3 pl-11 max-md:pl-4">
      <div className="flex flex-wrap gap-1.5">
        <AloneChip statement={statement} />
        <HazardChips hazards={statement.hazards} relations={impact?.relations} />
        {findings.map((finding) => (
          <StatusChip
            key={`${finding.code} ${finding.message}`}
            tone={finding.severity}
            icon={FINDING_ICON[finding.code]}
          >
            {finding.message}
          </StatusChip>
        ))}
        {rehearsed ? (
          <span className="inline-flex min-h-[22px] items-center text-xs text-text-2">
            <Duration estimate milliseconds={rehearsed.durationMs} />
            &nbsp;rehearsed
            {rehearsed.rows === null ? null : `, ${formatCount(rehearsed.rows, 'row')} there`}
          </span>
        ) : null}
        {onBackup ? (
          <span className="inline-flex min-h-[22px] items-center text-xs font-medium text-text-2">
            <Duration estimate milliseconds={onBackup.statement.durationMs} />
            &nbsp;on {onBackup.label}
            {onBackup.statement.rows === null
              ? null
              : `, ${formatCount(onBackup.statement.rows, 'row')}`}
            {onBackup.statement.locks?.length ? `, ${onBackup.statement.locks.join(', ')}` : null}
          </span>
        ) : null}
      </div>
      {explained.length > 0 ? <Explained hazards={explained} /> : null}
    </div>
  );
}

function Explained({ hazards }: { hazards: readonly Hazard[] }) {
  const safer = hazards.some((hazard) => hazard.safer);
  return (
    <Disclosure
      summary={
        <span className="text-xs">{safer ? 'What happens, and a safer way' : 'What happens'}</span>
      }
    >
      <dl className="flex max-w-[72ch] flex-col gap-2 pb-1 text-sm">
        {hazards.map((hazard) => (
          <div key={`${hazard.code} ${hazard.label}`}>
            <dt className="font-medium">{hazard.label}</dt>
            {hazard.detail ? <dd className="text-text-2">{hazard.detail}</dd> : null}
            {hazard.safer ? (
              <dd className="text-text-2">
                <span className="font-medium text-text">Safer: </span>
                {hazard.safer}
              </dd>
            ) : null}
          </div>
        ))}
      </dl>
    </Disclosure>
  );
}
