import { type SqlLine, sqlTokenClass } from '@/components/ui/sql-tokens';

/** One line of SQL in colour, to be put into a <code> or a code line. */
export function SqlText({ line }: { line: SqlLine }) {
  return line.map((token, index) =>
    token.kind ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: tokens have no identity but their place
      <span key={index} className={sqlTokenClass[token.kind]}>
        {token.text}
      </span>
    ) : (
      token.text
    ),
  );
}
