import type { ReactNode } from 'react';
import { CodeBlock } from '@/components/ui/code-block';
import { CopyButton } from '@/components/ui/copy-button';
import { EmptyState } from '@/components/ui/empty-state';
import { highlightSql } from '@/components/ui/highlight-sql';
import { Panel, PanelHeader } from '@/components/ui/panel';

export interface MigrationSqlProps {
  title: string;
  file: string | null;
  sql: string | null;
  /** Why there is nothing to show. */
  missing: string;
  /** Under the line with this number. */
  notes?: Record<number, ReactNode>;
}

/** One direction of a migration, as its file has it. Renders on the server. */
export async function MigrationSql({ title, file, sql, missing, notes }: MigrationSqlProps) {
  return (
    <Panel aria-label={title}>
      <PanelHeader
        title={title}
        detail={file ? <code className="mono wrap-anywhere">{file}</code> : undefined}
        actions={sql ? <CopyButton text={sql} what={`${title} SQL`} word="Copy" /> : undefined}
      />
      {sql === null ? (
        <EmptyState title="No SQL to show" icon="missing">
          {missing}
        </EmptyState>
      ) : (
        <CodeBlock
          label={`${title} SQL`}
          lines={await highlightSql(sql)}
          {...(notes && { notes })}
        />
      )}
    </Panel>
  );
}
