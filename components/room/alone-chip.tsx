import { StatusChip } from '@/components/ui/status-chip';
import type { Statement } from '@/lib/core/statement';

/** Marks a statement that no transaction can take back. Nothing for the others. */
export function AloneChip({ statement }: { statement: Pick<Statement, 'transactional'> }) {
  if (statement.transactional) return null;
  return (
    <StatusChip tone="warn" icon="flag">
      On its own: stays even if the step fails
    </StatusChip>
  );
}
