import { CandidateList } from '@/components/proof/candidate-list';
import { GradeChip } from '@/components/proof/grade-chip';
import { PAIRED_BY } from '@/components/proof/paired-by';
import { ProofDetail } from '@/components/proof/proof-detail';
import { diffRows } from '@/components/room/schema-diff';
import { SchemaDiffLines } from '@/components/room/schema-diff-lines';
import { Disclosure } from '@/components/ui/disclosure';
import { highlightSql } from '@/components/ui/highlight-sql';
import { Panel, PanelBody, PanelHeader } from '@/components/ui/panel';
import type { MigrationPage } from '@/lib/core/views';

/** What the round trip said about the script, and which scripts are in doubt. Renders on the server. */
export async function MigrationProof({ page }: { page: MigrationPage }) {
  const { rollback, proof, line } = page;
  const candidates = await Promise.all(
    page.candidates.map(async (one) => ({ ...one, lines: await highlightSql(one.sql) })),
  );
  return (
    <>
      {rollback ? (
        <Panel aria-labelledby="proof-title">
          <PanelHeader
            title="Round trip"
            titleId="proof-title"
            detail={
              <>
                <code className="mono wrap-anywhere">{rollback.file}</code>, paired{' '}
                {PAIRED_BY[rollback.pairedBy].words}
              </>
            }
            status={
              <GradeChip grade={line.grade} losesData={line.losesData} verdict={line.verdict} />
            }
          />
          <PanelBody className="flex flex-col gap-3">
            {PAIRED_BY[rollback.pairedBy].remark ? (
              <p className="text-sm text-text-2">{PAIRED_BY[rollback.pairedBy].remark}</p>
            ) : null}
            {rollback.remarks.map((remark) => (
              <p key={remark} className="text-sm text-text-2">
                {remark}
              </p>
            ))}
            {proof ? (
              <ProofDetail proof={proof} />
            ) : (
              <p className="text-sm text-text-2">
                {rollback.refusals.length > 0
                  ? 'The script is refused, so there is nothing to try.'
                  : 'Its round trip has not been made yet. The executor makes it by itself; “Check now” on the target asks for it at once.'}
              </p>
            )}
            {proof && proof.changes.length > 0 ? (
              <Disclosure summary="What the script changes in the schema">
                <div className="overflow-clip rounded-md border border-line">
                  <SchemaDiffLines label="Schema diff" rows={diffRows(proof.changes)} />
                </div>
              </Disclosure>
            ) : null}
          </PanelBody>
        </Panel>
      ) : null}
      {candidates.length > 0 ? (
        <Panel tone={rollback ? undefined : 'danger'} aria-labelledby="candidates-title">
          <PanelHeader
            title={rollback ? 'Other scripts with this number' : 'Scripts with this number'}
            titleId="candidates-title"
          />
          <CandidateList candidates={candidates} />
        </Panel>
      ) : null}
    </>
  );
}
