import { CodeBlock } from '@/components/ui/code-block';
import { CopyButton } from '@/components/ui/copy-button';
import { EmptyState } from '@/components/ui/empty-state';
import { Panel, PanelBody, PanelHeader } from '@/components/ui/panel';
import { plainLines } from '@/components/ui/sql-tokens';

const EXAMPLE = `targets:
  - name: my-database
    environment: production
    url: \${MY_DATABASE_URL}
    migrations: ./drizzle
    rollbacks: ./drizzle/rollback
`;

/** The configuration file names no target yet: what to write into it. */
export function NoTargets() {
  return (
    <Panel>
      <EmptyState title="No target is configured" icon="database">
        <p>
          Targets come from the configuration file. It is read again when it changes; nothing has to
          be restarted. docs/configuration.md explains every key.
        </p>
      </EmptyState>
      <PanelBody className="mx-auto max-w-xl">
        <Panel>
          <PanelHeader
            level={3}
            title="backstep.config.yaml"
            actions={<CopyButton text={EXAMPLE} what="example" word="Copy" />}
          />
          <CodeBlock label="Example of a configuration" lines={plainLines(EXAMPLE)} />
        </Panel>
      </PanelBody>
    </Panel>
  );
}
