'use client';

import { Command } from '@/components/ui/command';
import { Panel, PanelBody, PanelHeader } from '@/components/ui/panel';
import { restoreCommands } from './restore-commands';

export interface RestorePanelProps {
  address: string;
  backup: { label: string; location: string };
}

/** How to get the data back, should it ever be needed. Text to copy: nothing here runs it. */
export function RestorePanel({ address, backup }: RestorePanelProps) {
  const { create, restore, database } = restoreCommands(address, backup);
  return (
    <Panel aria-labelledby="restore">
      <PanelHeader
        title="If you ever need it"
        titleId="restore"
        detail="Restores into a new database. Nothing is overwritten."
      />
      <PanelBody className="flex flex-col gap-2">
        <Command text={create} what="command that creates the database" />
        <Command text={restore} what="command that restores the backup" />
        <p className="text-xs text-text-2">
          <code>{database}</code> must not exist yet: createdb stops if it does. Run both where the
          folder of the backup can be read, as a role that may create databases.
        </p>
      </PanelBody>
    </Panel>
  );
}
