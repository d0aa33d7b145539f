import { GradeChip } from '@/components/proof/grade-chip';
import { StatusChip } from '@/components/ui/status-chip';
import type { MigrationLine } from '@/lib/core/views';

/** The rollback script of a migration with its grade, or what is the matter with it. */
export function RollbackCell({ line }: { line: MigrationLine }) {
  const { coverage, rollbackFile, rollbackProblem, candidates } = line;
  if (line.state === 'foundational' && rollbackFile === null) {
    return <span className="text-xs text-text-3">Only from a backup</span>;
  }
  if (rollbackProblem !== null) {
    return (
      <>
        <StatusChip tone="danger" bare>
          {line.grade === 'refused' ? 'Refused' : 'Unusable'}
        </StatusChip>
        <p className="line-clamp-2 text-xs text-text-2" title={rollbackProblem}>
          {rollbackProblem}
        </p>
      </>
    );
  }
  if (rollbackFile !== null) {
    return (
      <>
        <GradeChip grade={line.grade} losesData={line.losesData} verdict={line.verdict} bare />
        <p className="font-mono text-xs wrap-anywhere text-text-2">{rollbackFile}</p>
      </>
    );
  }
  if (candidates.length > 0) {
    return (
      <>
        <StatusChip tone="danger" bare>
          Ambiguous
        </StatusChip>
        <p className="font-mono text-xs wrap-anywhere text-text-2">
          {candidates.map((candidate) => candidate.file).join(', ')}
        </p>
      </>
    );
  }
  if (coverage === 'missing') {
    return (
      <StatusChip tone="danger" icon="missing" bare>
        Missing
      </StatusChip>
    );
  }
  return <span className="text-xs text-text-3">No script yet</span>;
}
