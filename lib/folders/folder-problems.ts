import { skippedWhenIncremental } from '@/lib/core/migrate-forecast';
import type { ListProblem, MigrationFile, MigrationLayout } from '@/lib/core/migration';
import { numberOf } from '@/lib/core/pair-migrations';

/** What is odd about the migrations of a folder among themselves. */
export function orderProblems(
  layout: MigrationLayout,
  files: readonly MigrationFile[],
): ListProblem[] {
  const pathOf = new Map(files.map((file) => [file.tag, file.path]));
  return [
    ...skippedWhenIncremental({ layout, files }).map(
      ({ tag, why }): ListProblem => ({
        code: 'out_of_order',
        file: pathOf.get(tag) ?? tag,
        message: `${why} Generate it anew, or give it a later \`when\` before it is deployed.`,
      }),
    ),
    ...sameNumber(files),
  ];
}

/** Also of one second, in 1.0 folders: there the time is the number. */
function sameNumber(files: readonly MigrationFile[]): ListProblem[] {
  const byNumber = new Map<string, MigrationFile[]>();
  for (const file of files) {
    const number = numberOf(file.tag);
    if (number === undefined) continue;
    byNumber.set(number, [...(byNumber.get(number) ?? []), file]);
  }
  return [...byNumber].flatMap(([number, sharing]): ListProblem[] => {
    const [first, ...others] = sharing;
    if (!first || others.length === 0) return [];
    const tags = sharing.map(({ tag }) => tag).join(' and ');
    return [
      {
        code: 'same_number',
        file: others[0]?.path ?? first.path,
        message: `${tags} share the number ${number}, so no script can belong to one of them by its number. Name their scripts after the whole tag.`,
      },
    ];
  });
}
