import { StatusChip } from '@/components/ui/status-chip';
import type { ProofLook } from './backup-words';

/** How far a backup is proven, as icon, word and colour. */
export function ProofChip({ look, bare = false }: { look: ProofLook; bare?: boolean }) {
  return (
    <StatusChip
      tone={look.tone}
      bare={bare}
      busy={look.busy}
      {...(look.icon ? { icon: look.icon } : {})}
    >
      {look.word}
    </StatusChip>
  );
}
