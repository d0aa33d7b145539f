import type { ExportVerdict } from '@/lib/audit/verify-export';

/** What was found out about an export, and what no file can tell by itself. */
export function auditWords(verdict: ExportVerdict): string {
  const lines = verdict.brokenAt ? broken(verdict) : intact(verdict);
  return `${lines.join('\n')}\n`;
}

function broken({ brokenAt, rows, lastSeq }: ExportVerdict): string[] {
  if (!brokenAt) return [];
  const before =
    rows === 0
      ? 'No row before that is as it was written.'
      : `${counted(rows)} before that, up to row ${lastSeq}, ${rows === 1 ? 'is' : 'are'} as written.`;
  return [
    `Broken at line ${brokenAt.line}. ${brokenAt.why}`,
    before,
    ...(brokenAt.why.includes('missing')
      ? ['An export that was made with a filter leaves rows out: verify it with --part.']
      : []),
  ];
}

function intact(verdict: ExportVerdict): string[] {
  const { rows, kind, lastSeq, lastAt, lastHash } = verdict;
  if (rows === 0) return ['There is no row in this file, so that there is nothing to verify.'];
  const last = `Last row: ${lastSeq}, ${lastAt}, hash ${lastHash}`;
  if (kind === 'whole') {
    return [
      `Intact. ${counted(rows)}, from the first to that of this export; none was changed, moved, put in or taken out.`,
      last,
      ...head(verdict),
    ];
  }
  return [
    `Intact as far as it goes. ${counted(rows)}, each as it was written and in its order; this is a part of the history.`,
    ...gaps(verdict),
    'Whether a filter left those rows out or somebody took them away, this file can’t tell.',
    last,
    ...head(verdict),
  ];
}

function gaps({ gaps: found, gapCount, firstSeq, lastSeq }: ExportVerdict): string[] {
  if (gapCount === 0) {
    return [
      `Rows ${firstSeq} to ${lastSeq} follow each other; rows after them are not in the file.`,
    ];
  }
  const named = found
    .slice(0, 5)
    .map(({ from, to }) => (from === to ? `${from}` : `${from} to ${to}`));
  const more = gapCount - named.length;
  return [
    `Not in the file: ${named.join(', ')}${more > 0 ? ` and ${more} more such ${more === 1 ? 'place' : 'places'}` : ''}, and what came after row ${lastSeq}.`,
  ];
}

function head({ head: kept, lastSeq }: ExportVerdict): string[] {
  if (!kept) {
    return [
      'Somebody who can write the whole database could have written the whole chain anew. Only a hash kept elsewhere shows that: --head.',
    ];
  }
  return [
    kept.seq === lastSeq
      ? 'The kept hash is that of the last row.'
      : `The kept hash is that of row ${kept.seq}. What came after it is newer than the hash.`,
  ];
}

const counted = (rows: number): string => (rows === 1 ? '1 row' : `${rows} rows`);
