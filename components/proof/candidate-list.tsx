import { CodeBlock } from '@/components/ui/code-block';
import { CopyButton } from '@/components/ui/copy-button';
import { Disclosure } from '@/components/ui/disclosure';
import { plainLines, type SqlLine } from '@/components/ui/sql-tokens';
import type { Proof } from '@/lib/core/proof';
import type { CandidateLine } from '@/lib/core/views';
import { GradeChip } from './grade-chip';
import { ProofDetail } from './proof-detail';

export interface CandidateListProps {
  candidates: readonly (CandidateLine & {
    sql?: string;
    /** In colour, where the page has made it so. */
    lines?: readonly SqlLine[];
    proof?: Proof | null;
  })[];
}

/** Scripts that share only the number with a migration: why they are doubted, and what the trial said. */
export function CandidateList({ candidates }: CandidateListProps) {
  return (
    <ul aria-label="Candidates">
      {candidates.map((candidate) => (
        <li
          key={candidate.file}
          className="flex flex-col gap-1 border-b border-line-soft px-4 py-3 text-sm last:border-b-0"
        >
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <code className="min-w-0 text-code wrap-anywhere">{candidate.file}</code>
            <GradeChip
              grade={candidate.grade}
              losesData={candidate.proof?.losesData ?? null}
              verdict={null}
            />
          </div>
          <p className="max-w-[72ch] text-text-2">{candidate.why}</p>
          {candidate.proof ? (
            <Disclosure summary="What its round trip said">
              <ProofDetail proof={candidate.proof} />
            </Disclosure>
          ) : null}
          {candidate.sql === undefined ? null : (
            <Disclosure summary="Its SQL">
              <div className="overflow-clip rounded-md border border-line">
                <div className="flex justify-end border-b border-line-soft px-1">
                  <CopyButton text={candidate.sql} what={`SQL of ${candidate.file}`} />
                </div>
                <CodeBlock
                  label={`SQL of ${candidate.file}`}
                  lines={candidate.lines ?? plainLines(candidate.sql)}
                />
              </div>
            </Disclosure>
          )}
        </li>
      ))}
    </ul>
  );
}
