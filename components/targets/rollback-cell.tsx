import { GradeChip } from '@/components/proof/grade-chip';
import { StatusChip } from '@/components/ui/status-chip';
import type { MigrationLine } from '@/lib/core/views';

/** The rollback script of a migration with its grade, or what is the matter with it. */
export function RollbackCell({ line }: { line: MigrationLine }) {
  return (
    <>
      <RollbackVerdict line={line} />
      <RollbackSource line={line} />
    </>
  );
}

/** The grade alone, or the word for what is the matter, where there is no room for more. */
export function RollbackVerdict({ line }: { line: MigrationLine }) {
  const { coverage, rollbackFile, rollbackProblem, candidates } = line;
  if (line.state === 'foundational' && rollbackFile === null) {
    return <span className="text-xs text-text-3">Only from a backup</span>;
  }
  if (rollbackProblem !== null) {
    return (
      <StatusChip tone="danger" bare>
        {line.grade === 'refused' ? 'Refused' : 'Unusable'}
      </StatusChip>
    );
  }
  if (rollbackFile !== null) {
    return <GradeChip grade={line.grade} losesData={line.losesData} verdict={line.verdict} bare />;
  }
  if (candidates.length > 0) {
    return (
      <StatusChip tone="danger" bare>
        Ambiguous
      </StatusChip>
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

/** Which file it is about, or the sentence that says why it can’t be used. */
function RollbackSource({ line }: { line: MigrationLine }) {
  const { rollbackFile, rollbackProblem, candidates } = line;
  if (line.state === 'foundational' && rollbackFile === null) return null;
  if (rollbackProblem !== null) {
    return (
      <p className="line-clamp-2 text-xs text-text-2" title={rollbackProblem}>
        {rollbackProblem}
      </p>
    );
  }
  const files = rollbackFile === null ? candidates.map(({ file }) => file) : [rollbackFile];
  if (files.length === 0) return null;
  return <p className="font-mono text-xs wrap-anywhere text-text-2">{files.join(', ')}</p>;
}
