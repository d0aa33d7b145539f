import type { StatementError } from '@/lib/core/evidence';

/** A PostgreSQL error as PostgreSQL says it: state, message, detail, hint. */
export function StatementErrorText({ error }: { error: StatementError }) {
  return (
    <span className="block">
      <span className="font-medium">
        <code>{error.sqlstate}</code> {error.message}
      </span>
      {error.detail ? <span className="block">{error.detail}</span> : null}
      {error.hint ? <span className="block">Hint: {error.hint}</span> : null}
    </span>
  );
}
