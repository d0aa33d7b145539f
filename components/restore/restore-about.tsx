import { Breakable } from '@/components/ui/breakable';
import { KeyValue } from '@/components/ui/key-value';
import { Panel, PanelBody, PanelHeader } from '@/components/ui/panel';
import { Time } from '@/components/ui/time';
import { BACKUP_LEVEL_LABELS } from '@/lib/core/backup';
import type { RestoreRoom } from '@/lib/core/restore-views';

/** Who asked for it, why, and from which backup. */
export function RestoreAbout({ room }: { room: RestoreRoom }) {
  const { backup } = room;
  return (
    <Panel aria-labelledby="restore-about">
      <PanelHeader title="About this restore" titleId="restore-about" />
      <PanelBody>
        <KeyValue
          layout="columns"
          entries={[
            { id: 'reason', label: 'Reason', value: room.reason },
            { id: 'incident', label: 'Incident', value: room.incident ?? 'none' },
            {
              id: 'by',
              label: 'Requested',
              value: (
                <>
                  {room.requestedBy.name}, <Time value={room.createdAt} format="dayMinute" dot />
                </>
              ),
            },
            {
              id: 'backup',
              label: 'Backup',
              value: (
                <>
                  {backup.label}, <Time value={backup.snapshotAt} format="dayMinute" dot />,{' '}
                  {BACKUP_LEVEL_LABELS[backup.level].toLowerCase()}
                </>
              ),
            },
            {
              id: 'head',
              label: 'Its head',
              value: backup.headTag ? (
                <code className="mono">
                  <Breakable text={backup.headTag} />
                </code>
              ) : (
                'not known'
              ),
            },
          ]}
        />
      </PanelBody>
    </Panel>
  );
}
