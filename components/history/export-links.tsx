import { ButtonLink } from '@/components/ui/button-link';
import { DisabledReason } from '@/components/ui/disabled-reason';
import type { HistoryFilters } from '@/lib/core/views';
import { exportHref } from './history-url';

const FORMATS = [
  { format: 'csv', label: 'Export CSV' },
  { format: 'jsonl', label: 'Export JSONL' },
] as const;

/** What the filters show, all pages of it, as a file. */
export function ExportLinks(props: {
  filters: HistoryFilters;
  /** Why this person may not export. */
  disabledReason: string | undefined;
}) {
  const { filters, disabledReason } = props;
  return (
    <>
      {disabledReason ? <DisabledReason>{disabledReason}</DisabledReason> : null}
      {FORMATS.map(({ format, label }) => (
        <ButtonLink
          key={format}
          plain
          icon="download"
          href={exportHref(filters, format)}
          disabledReason={disabledReason ?? null}
          reasonPlacement="hidden"
        >
          {label}
        </ButtonLink>
      ))}
    </>
  );
}
