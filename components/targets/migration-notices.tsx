import { Banner } from '@/components/ui/banner';
import type { MigrationPage } from '@/lib/core/views';

/** What stands in the way of this migration or of its rollback. */
export function MigrationNotices({ page }: { page: MigrationPage }) {
  const { line, up, row } = page;
  return (
    <>
      {line.fileChanged ? (
        <Banner tone="warn" icon="fileChanged" title="The file was changed after it was applied">
          Its hash is {up ? <code className="mono">{up.hash.slice(0, 12)}…</code> : 'unknown'}, the
          tracking table has {row ? <code className="mono">{row.hash.slice(0, 12)}…</code> : 'none'}
          . Put the file back as it was applied, so that a rehearsal proves what will happen.
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
