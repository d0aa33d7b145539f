import { StatusChip } from '@/components/ui/status-chip';
import type { MigrationLine } from '@/lib/core/views';

/** The rollback script of a migration, or what is the matter with it. */
export function RollbackCell({ line }: { line: MigrationLine }) {
  const { coverage, rollbackFile, rollbackProblem } = line;
  if (rollbackProblem !== null) {
    return (
      <>
        <StatusChip tone="warn" bare>
          Unusable
        </StatusChip>
        <p className="line-clamp-2 text-xs text-text-2" title={rollbackProblem}>
          {rollbackProblem}
        </p>
      </>
    );
  }
  if (rollbackFile !== null) {
    return <span className="font-mono text-xs wrap-anywhere text-text-2">{rollbackFile}</span>;
  }
  if (coverage === 'missing') {
    return (
      <StatusChip tone="danger" icon="missing" bare>
        Missing
      </StatusChip>
    );
  }
  return (
    <span className="text-xs text-text-3">
      {coverage === 'foundational' ? 'Only from a backup' : 'No script yet'}
    </span>
  );
}
