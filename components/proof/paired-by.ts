import type { PairedBy } from '@/lib/core/migration';

/** How a script was found to belong to its migration: in a few words, and what to know about it. */
export const PAIRED_BY: Record<PairedBy, { words: string; remark: string | null }> = {
  tag: { words: 'by name', remark: null },
  pattern: { words: 'by pattern', remark: null },
  number: { words: 'by number', remark: null },
  proof: {
    words: 'by round trip',
    remark:
      'Its name or its header says something else. It counts as the script of this migration because the round trip is exact.',
  },
};
