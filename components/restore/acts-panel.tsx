import { RoomElapsed } from '@/components/room/room-clock';
import { Checklist, type CheckTone } from '@/components/ui/checklist';
import { Duration } from '@/components/ui/duration';
import { Panel, PanelHeader } from '@/components/ui/panel';
import { Time } from '@/components/ui/time';
import type { RestoreAct, RestoreStepRecord, RestoreWay } from '@/lib/core/restore';
import { actWords } from './restore-look';
import { WAY_WORDS } from './way-words';

function titleOf(act: RestoreAct, way: RestoreWay): string {
  const { acts } = WAY_WORDS[way];
  const titles: Record<RestoreAct, string> = {
    restore: acts.restore,
    swap: 'Swap',
    swap_back: 'Swap back',
    drop_new: acts.dropNew,
    drop_former: acts.dropFormer,
  };
  return titles[act];
}

const LOOK: Record<RestoreStepRecord['state'], { tone: CheckTone; result: string }> = {
  // Written before it is done: without an end, only the server knows.
  intent: { tone: 'running', result: 'Begun' },
  done: { tone: 'ok', result: 'Done' },
  failed: { tone: 'danger', result: 'Failed' },
};

/** What was done on the server, act by act, as it was written down before it was done. */
export function ActsPanel({ acts, way }: { acts: readonly RestoreStepRecord[]; way: RestoreWay }) {
  if (acts.length === 0) return null;
  return (
    <Panel aria-labelledby="restore-acts">
      <PanelHeader
        title="Done on the server"
        titleId="restore-acts"
        detail="Each is written down before it is done"
      />
      <Checklist
        label="Acts on the server"
        items={acts.map((act) => ({
          id: String(act.seq),
          tone: LOOK[act.state].tone,
          name: `${titleOf(act.what, way)}: ${actWords(act.name)}`,
          evidence: act.detail ?? <Time value={act.at} local={false} />,
          result: LOOK[act.state].result,
          duration: act.endedAt ? (
            <Duration milliseconds={Date.parse(act.endedAt) - Date.parse(act.at)} />
          ) : (
            <RoomElapsed since={act.at} />
          ),
        }))}
      />
    </Panel>
  );
}
