'use client';

import type { Danger } from '@/lib/core/dangers';

/** Where a danger is, what happens, and how to do the same with less of it. */
export function DangerText({ danger, file }: { danger: Danger; file: string | null }) {
  const place = danger.line === null ? file : `Line ${danger.line}${file ? ` of ${file}` : ''}`;
  return (
    <>
      {danger.detail ? <p className="max-w-[72ch] wrap-anywhere">{danger.detail}</p> : null}
      {danger.safer ? (
        <p className="max-w-[72ch]">
          <span className="font-medium text-text">Safer: </span>
          {danger.safer}
        </p>
      ) : null}
      {place ? <p className="text-xs text-text-3">{place}</p> : null}
    </>
  );
}
