import type { CheckArguments } from './arguments';
import { conclude } from './conclude';
import { readSubject } from './read-subject';
import type { Report } from './report';

/**
 * `backstep check`: what the folders say without any database.
 * @throws UsageError, BackstepError when it could not be found out
 */
export async function check(args: CheckArguments): Promise<Report> {
  const { report, floor } = await readSubject(args);
  return conclude(report, { floor });
}
