import { type DataLoss, GRADE_LABELS, GRADES, type GradeVerdict } from '@/lib/core/proof';
import { groupedHazards } from './grouped-hazards';
import type { Report, ReportedMigration } from './report';

const MARKS: Record<GradeVerdict, string> = { run: '✓', acknowledge: '!', block: '✗' };
/** Green, yellow, red. */
const COLORS: Record<GradeVerdict, number> = { run: 32, acknowledge: 33, block: 31 };
const LOSSES: Record<DataLoss, string> = {
  none: 'keeps data',
  own: 'loses own data',
  older: 'loses older data',
};

/** More of one kind are counted: `--json` has them all. */
const MAX_ALIKE = 4;

const MAX_BLOCKED = 12;

export interface TextOptions {
  color: boolean;
}

/** The report for a person at a terminal. */
export function textReport(report: Report, { color }: TextOptions): string {
  const ambiguous = new Set(report.ambiguous.map(({ tag }) => tag));
  const wordsOf = (line: ReportedMigration) => gradeOf(line, ambiguous.has(line.tag));
  const tags = widest(report.migrations.map(({ tag }) => tag));
  const grades = widest(report.migrations.map(wordsOf));
  const lines = folded(report).flatMap((item) => {
    if (!('tag' in item)) return [`  ${item.words}`];
    const { verdict } = item;
    const mark = verdict === null ? ' ' : MARKS[verdict];
    const shown = verdict !== null && color ? `\x1b[${COLORS[verdict]}m${mark}\x1b[39m` : mark;
    const words = [item.tag.padEnd(tags), wordsOf(item).padEnd(grades), item.rollback?.file ?? ''];
    return [
      `${shown} ${words.join('  ')}`.trimEnd(),
      ...notesOf(item).map((text) => `    ${text}`),
    ];
  });
  const more = [
    ...listed(
      'Scripts that may or may not belong',
      report.ambiguous.map(({ message }) => message),
    ),
    ...listed('Passed over by a migrate() of drizzle 0.x along the way', report.skippedByMigrate),
    ...listed('Found in the folders', report.problems),
  ];
  return [...lines, ...more, '', ...totals(report), ''].join('\n');
}

/** Migrations without a script that nobody asked for are one line. */
function folded(report: Report): (ReportedMigration | { words: string })[] {
  const isAside = (line: ReportedMigration) => line.verdict === null && line.grade === 'missing';
  const first = report.migrations.findIndex((line) => !isAside(line));
  const aside = first === -1 ? report.migrations.length : first;
  const last = report.migrations[aside - 1];
  if (aside < 2 || !last) return report.migrations;
  const words = `${aside} older migrations without a script, up to ${last.tag}: not asked for`;
  return [{ words }, ...report.migrations.slice(aside)];
}

function gradeOf({ grade, losesData, rollback }: ReportedMigration, isAmbiguous: boolean): string {
  if (isAmbiguous) return 'Ambiguous';
  if (grade === null) return `Paired by ${rollback?.pairedBy ?? 'nothing'}`;
  return `${GRADE_LABELS[grade]}${losesData ? `, ${LOSSES[losesData]}` : ''}`;
}

const widest = (texts: readonly string[]) => Math.max(0, ...texts.map((text) => text.length));

function notesOf(line: ReportedMigration): string[] {
  if (line.grade === 'refused' && line.hazards.length > 0) {
    return shortened(line.hazards.map(({ line: at, message }) => `${inLine(at)}${message}`));
  }
  return [
    ...(line.error ? [errorIn(line.error)] : []),
    ...shortened(line.residue.map((name) => `left behind: ${name}`)),
    ...shortened(line.missing.map((name) => `gone or changed: ${name}`)),
    ...shortened(line.dataNotes),
    ...groupedHazards(line.hazards),
    ...line.remarks,
  ];
}

function errorIn({ in: where, line, message, sqlstate }: NonNullable<ReportedMigration['error']>) {
  const file = where === 'up' ? 'migration' : 'script';
  return `${file}${line === null ? '' : ` line ${line}`}: ${message}${sqlstate ? ` (SQLSTATE ${sqlstate})` : ''}`;
}

const inLine = (line: number | null) => (line === null ? '' : `line ${line}: `);

function shortened(items: readonly string[]): string[] {
  if (items.length <= MAX_ALIKE) return [...items];
  const shown = items.slice(0, MAX_ALIKE - 1);
  return [...shown, `and ${items.length - shown.length} more like these`];
}

function listed(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : ['', `${title}:`, ...items.map((item) => `  ${item}`)];
}

function totals({ summary, migrations, gaps, ambiguous }: Report): string[] {
  const { grades } = summary;
  const tried = GRADES.filter((grade) => grade !== 'missing' && grades[grade]).map(
    (grade) => `${grades[grade]} ${GRADE_LABELS[grade].toLowerCase()}`,
  );
  const blocked = migrations.filter(({ verdict }) => verdict === 'block');
  const open = new Set(ambiguous.map(({ tag }) => tag));
  const lacking = gaps.filter((tag) => !open.has(tag)).length;
  const without =
    lacking > 0 ? `; ${lacking} without one that ${lacking === 1 ? 'needs' : 'need'} it` : '';
  const all = `${summary.migrations} ${summary.migrations === 1 ? 'migration' : 'migrations'}`;
  const counts = `${all}, ${summary.scripts} with a script${tried.length > 0 ? ` (${tried.join(', ')})` : ''}${without}.`;
  if (summary.ok) return [counts, wellness(migrations)];
  const tags = blocked.map(({ tag }) => tag);
  const more = tags.length - MAX_BLOCKED;
  const shown = more > 0 ? [...tags.slice(0, MAX_BLOCKED), `and ${more} more`] : tags;
  return [counts, `Not well: ${shown.join(', ')}.`];
}

function wellness(migrations: readonly ReportedMigration[]): string {
  const doubtful = migrations.filter(({ verdict }) => verdict === 'acknowledge').length;
  if (doubtful === 0) return 'All well.';
  const needs = doubtful === 1 ? '1 script needs' : `${doubtful} scripts need`;
  return `Nothing blocks; ${needs} an acknowledgement before a run.`;
}
