import { Banner } from '@/components/ui/banner';
import { GRADE_WORDS, type Grade } from '@/lib/core/proof';
import type { MigrationPage } from '@/lib/core/views';

const PROOF_TITLES: Partial<Record<Grade, string>> = {
  no_effect: 'The rollback script undoes nothing',
  removes_too_much: 'The rollback script removes too much',
  residue_and_missing: 'The rollback script leaves objects behind and removes older ones',
  fails: 'The rollback script fails',
};

/** What stands in the way of this migration or of its rollback. */
export function MigrationNotices({ page }: { page: MigrationPage }) {
  const { line, up, row, rollback } = page;
  return (
    <>
      {line.fileChanged ? (
        <Banner tone="warn" icon="fileChanged" title="The file was changed after it was applied">
          Its hash is {up ? <code className="mono">{up.hash.slice(0, 12)}…</code> : 'unknown'}, the
          tracking table has {row ? <code className="mono">{row.hash.slice(0, 12)}…</code> : 'none'}
          . Put the file back as it was applied, so that a rehearsal proves what will happen.
        </Banner>
      ) : null}
      {rollback === null && line.candidates.length > 0 ? (
        <Banner tone="danger" title="It is not certain which script belongs to this migration">
          No script is named after it. {line.candidates.length === 1 ? 'One shares' : 'Some share'}{' '}
          only its number, and the round trip of{' '}
          {line.candidates.length === 1 ? 'that one' : 'none of them, or of more than one,'} is{' '}
          {line.candidates.length === 1 ? 'not exact' : 'exact'}. Name the right one after the whole
          tag, or remove the wrong one; until then the chain stops here.
        </Banner>
      ) : null}
      {page.proof &&
      ['no_effect', 'removes_too_much', 'residue_and_missing', 'fails'].includes(
        page.proof.grade,
      ) ? (
        <Banner tone="danger" title={PROOF_TITLES[page.proof.grade] ?? ''}>
          {GRADE_WORDS[page.proof.grade]}
        </Banner>
      ) : null}
      {line.rollbackProblem !== null ? (
        <Banner tone="danger" title="The rollback script can’t be used">
          <span className="wrap-anywhere">{line.rollbackProblem}</span>
        </Banner>
      ) : null}
    </>
  );
}
