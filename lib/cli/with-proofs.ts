import type { RollbackFile } from '@/lib/core/migration';
import { GRADE_LABELS, type Proof } from '@/lib/core/proof';
import type { ProvenHistory, ProvenScript } from '@/lib/proof';
import type { FolderArguments } from './arguments';
import { readScript, type Subject } from './read-subject';
import {
  type AmbiguousScript,
  mergeHazards,
  type Report,
  type ReportedMigration,
  reportedHazard,
} from './report';

/**
 * Puts the proofs into the report: each script with its grade, candidates that their proof pairs, and why
 * a migration does not apply. Migrations that nobody asked for are left out.
 * @throws the file system's error when a script is gone meanwhile
 */
export async function withProofs(
  { report, history }: Subject,
  { proven, unappliable }: ProvenHistory,
  isWanted: (tag: string) => boolean,
  tracking: FolderArguments['tracking'],
): Promise<Omit<Report, 'summary'>> {
  const pairs = pairedByProof(proven, history);
  const migrations: ReportedMigration[] = [];
  for (const line of report.migrations.filter(({ tag }) => isWanted(tag))) {
    const sure = proven.find(({ tag, candidate }) => tag === line.tag && !candidate);
    const pair = pairs.get(line.tag);
    const file = history.files.find(({ tag }) => tag === line.tag);
    if (sure) {
      migrations.push(provenLine(line, sure.script, sure.proof));
    } else if (pair && file) {
      const script = { ...pair.script, pairedBy: 'proof' as const };
      const found = await readScript(script, file, history, tracking);
      const why = history.scripts
        .get(line.tag)
        ?.candidates.find(({ file: { name } }) => name === script.name)?.why;
      const remark = `${why ?? ''} Its round trip is exact, so it counts as the script of ${line.tag}.`;
      migrations.push(
        provenLine({ ...line, ...found, remarks: [...found.remarks, remark] }, script, pair.proof),
      );
    } else {
      const fault = unappliable.find(({ tag }) => tag === line.tag);
      migrations.push({ ...line, error: line.error ?? fault?.error ?? null });
    }
  }
  const isOpen = (tag: string) =>
    migrations.some((line) => line.tag === tag && line.rollback === null);
  return {
    ...report,
    migrations,
    gaps: report.gaps.filter(isOpen),
    ambiguous: report.ambiguous
      .filter(({ tag }) => isOpen(tag))
      .map((one) => withGrade(one, proven)),
  };
}

/** A script that is exact for two migrations belongs to neither for certain, nor does one of two. */
function pairedByProof(
  proven: readonly ProvenScript[],
  { scripts }: Subject['history'],
): Map<string, ProvenScript> {
  const exact = proven.filter(({ candidate, proof }) => candidate && proof.grade === 'exact');
  const isOnlyOne = ({ tag, script }: ProvenScript) =>
    exact.filter((one) => one.tag === tag || one.script.name === script.name).length === 1;
  // One of the candidates can't be read: it could be the right one.
  const isReadable = ({ tag }: ProvenScript) => scripts.get(tag)?.problem === undefined;
  return new Map(
    exact.filter((one) => isOnlyOne(one) && isReadable(one)).map((one) => [one.tag, one]),
  );
}

function withGrade(one: AmbiguousScript, proven: readonly ProvenScript[]): AmbiguousScript {
  const found = proven.find(({ tag, script }) => tag === one.tag && script.name === one.file);
  if (!found) return one;
  const { grade } = found.proof;
  return { ...one, grade, message: `${one.message} Its round trip: ${GRADE_LABELS[grade]}.` };
}

function provenLine(
  line: ReportedMigration,
  { name, pairedBy }: RollbackFile,
  proof: Proof,
): ReportedMigration {
  return {
    ...line,
    rollback: { file: name, pairedBy },
    grade: proof.grade,
    losesData: proof.losesData,
    dataNotes: proof.dataNotes,
    residue: proof.residue,
    missing: proof.missing,
    reapply: proof.reapply,
    secondRun: proof.secondRun,
    error: proof.error ?? line.error,
    hazards: mergeHazards(
      line.hazards,
      proof.hazards.map((hazard) => reportedHazard(hazard)),
    ),
    remarks: [...new Set([...line.remarks, ...proof.remarks])],
  };
}
