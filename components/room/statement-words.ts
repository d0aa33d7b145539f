import type { Statement } from '@/lib/core/statement';
import type { TimelineStatement, TimelineStep } from '@/lib/core/timeline';

/**
 * What is to be said of a statement beyond its state: that it stays whatever becomes of its step, and
 * what the catalog said where its answer was not seen. Null where there is nothing.
 */
export function statementWords(
  statement: TimelineStatement,
  { state }: Pick<TimelineStep, 'state'>,
  planned: Pick<Statement, 'transactional'> | undefined,
): string | null {
  const alone = planned?.transactional === false;
  const sentences: string[] = [];
  if (state !== 'committed' && statement.kept) sentences.push('In for good.');
  else if (alone && state !== 'committed' && statement.state !== 'failed')
    sentences.push('On its own: stays even if the step fails.');
  if (alone && state === 'unknown' && statement.intent)
    sentences.push('It was sent and no answer came; the catalog is asked when the target answers.');
  if (statement.probed) sentences.push(statement.probed.message);
  return sentences.length > 0 ? sentences.join(' ') : null;
}
