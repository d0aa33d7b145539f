import { formatDuration } from '@/components/ui/duration-format';
import type { Proof, ProofError, Reapply, SecondRun } from '@/lib/core/proof';

export const REAPPLY_WORDS: Record<Reapply, string> = {
  ok: 'It applies, and the schema is the same as the first time.',
  differs: 'It applies, but the schema is another one than the first time.',
  fails: 'It fails, so after this rollback the migration can’t be applied again as it is.',
  untested: 'Not tried.',
};

export const SECOND_RUN_WORDS: Record<SecondRun, string> = {
  ok: 'It runs without an error.',
  fails: 'It fails. It counts on objects that its first run removed.',
  untested: 'Not tried.',
};

/** `the rollback script, line 3 · SQLSTATE 42710` */
export function errorPlace(error: ProofError): string {
  const file = error.in === 'up' ? 'the migration' : 'the rollback script';
  return [
    error.line === null ? file : `${file}, line ${error.line}`,
    ...(error.sqlstate ? [`SQLSTATE ${error.sqlstate}`] : []),
  ].join(' · ');
}

/** How the round trip was made, and how long it took. */
export function methodWords({ method, durationMs }: Pick<Proof, 'method' | 'durationMs'>): string {
  switch (method) {
    case 'transaction':
      return `In one transaction on a scratch database, ${formatDuration(durationMs)}. Nothing of it was kept.`;
    case 'copies':
      return `On copies of a scratch database, ${formatDuration(durationMs)}: one transaction can’t do it.`;
    case 'none':
      return 'Nothing was run.';
  }
}
