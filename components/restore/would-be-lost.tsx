import { numberOf } from '@/components/proof/forecast-words';
import { Panel, PanelBody, PanelHeader } from '@/components/ui/panel';
import { Time } from '@/components/ui/time';
import type { RestoreChoice, RestoreOption } from '@/lib/core/restore-views';
import { LostWrites } from './lost-writes';

export interface WouldBeLostProps {
  option: RestoreOption;
  present: RestoreChoice['present'];
  /** When the loss was read. */
  now: string;
}

/** What going back to the chosen backup would give up, before anything is restored. */
export function WouldBeLost({ option, present, now }: WouldBeLostProps) {
  const head = present?.headTag ?? null;
  return (
    <Panel aria-labelledby="writes-lost">
      <PanelHeader
        title="What would be lost"
        titleId="writes-lost"
        icon="loss"
        iconTone="warn"
        detail={
          <>
            written since <Time value={option.snapshotAt} format="dayMinute" dot />
          </>
        }
      />
      <PanelBody className="flex flex-col gap-3">
        <LostWrites
          backup={option.backup}
          // Age of the reading, not of the moment: both numbers belong together.
          ageMs={Math.max(0, Date.parse(now) - Date.parse(option.snapshotAt))}
          writes={option.writesLost}
          tables={option.lostByTable}
        />
        {head !== null && option.headTag !== null && head !== option.headTag ? (
          <p className="text-sm">
            Its migrations end at <code className="mono">{numberOf(option.headTag)}</code>, those of
            the present database at <code className="mono">{numberOf(head)}</code>.
          </p>
        ) : null}
      </PanelBody>
    </Panel>
  );
}
