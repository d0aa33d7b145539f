import { Command } from '@/components/ui/command';
import { EmptyState } from '@/components/ui/empty-state';
import { Panel } from '@/components/ui/panel';

const EXAMPLE = `targets:
  - name: my-database
    environment: production
    url: \${MY_DATABASE_URL}
    migrations: ./drizzle
    rollbacks: ./drizzle/rollback`;

/** The configuration file names no target yet: what to write into it. */
export function NoTargets() {
  return (
    <Panel>
      <EmptyState title="No target is configured" icon="database">
        <p>
          Targets come from the configuration file. It is read again when it changes; nothing has to
          be restarted. docs/configuration.md explains every key.
        </p>
        <div className="mt-4 text-left">
          <Command text={EXAMPLE} what="example" />
        </div>
      </EmptyState>
    </Panel>
  );
}
