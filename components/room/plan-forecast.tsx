'use client';

import { ForecastPanel } from '@/components/proof/forecast-panel';
import { forecastChange, listTags } from '@/components/proof/forecast-words';
import { Icon } from '@/components/ui/icon';
import type { RollbackRoom } from '@/lib/core/views';

/** What the rollback changes about the next migrate() of the folder as it is now. */
export function PlanForecast({ room }: { room: Pick<RollbackRoom, 'plan' | 'policy'> }) {
  const { forecast, steps, to } = room.plan;
  const { again, lost, pending } = forecastChange(
    forecast,
    steps.map((step) => step.tag),
  );
  return (
    <ForecastPanel forecast={forecast.after} title="The next migrate() after this rollback">
      <p className="max-w-[72ch]">{againWords(again, to.number, room.policy.fence)}</p>
      {lost.length > 0 ? (
        <div className="flex items-start gap-2 rounded-md border border-warn-line bg-warn-soft px-3 py-2">
          <Icon name="warn" className="mt-0.5 text-warn-text" />
          <p className="max-w-[72ch]">
            It would not bring back {listTags(lost.map((one) => one.tag))}: undone here, by the rule
            of this drizzle {lost.length === 1 ? 'it is' : 'they are'} never applied again by
            itself.
          </p>
        </div>
      ) : null}
      <p className="max-w-[72ch] text-text-2">
        Before this rollback it would apply{' '}
        {forecast.before.applies.length === 0
          ? 'nothing.'
          : `${listTags(forecast.before.applies)}, not applied yet.`}
        {pending.length > 0 && forecast.before.applies.length === 0
          ? ` It would then also apply ${listTags(pending)}.`
          : null}
      </p>
    </ForecastPanel>
  );
}

function againWords(again: readonly string[], head: string, fence: boolean): string {
  if (again.length === 0) return 'It would apply none of the undone migrations again.';
  const told = `After this rollback the next migrate() of this folder would apply ${listTags(again)} again`;
  return fence
    ? `${told}, so the fence refuses it until an image whose journal ends at ${head} is deployed and the fence is released.`
    : `${told}. The policy of this target puts up no fence: deploy an image whose journal ends at ${head} before a newer one starts.`;
}

/** After the run: what a newer image would do, and what keeps it from that. */
export function VerifyForecast({ room }: { room: RollbackRoom }) {
  const { plan, fence, steps } = room;
  // Forecast for the end of the whole plan: after half of it another one would be true.
  if (steps.some((step) => step.status !== 'committed')) return null;
  const { again } = forecastChange(
    plan.forecast,
    plan.steps.map((step) => step.tag),
  );
  const up = fence?.kind === 'trigger' && fence.releasedAt === null;
  return (
    <ForecastPanel
      forecast={plan.forecast.after}
      title="What migrate() of the present folder would do"
    >
      <p className="flex max-w-[72ch] items-start gap-2">
        <Icon
          name={up ? 'fenceUp' : again.length > 0 ? 'warn' : 'ok'}
          className={`mt-0.5 ${up ? 'text-info-text' : again.length > 0 ? 'text-warn-text' : 'text-ok-text'}`}
        />
        {up
          ? 'The fence refuses it while it is up: an image with this folder fails to start and changes nothing.'
          : again.length > 0
            ? `No fence is up: an image with this folder applies ${listTags(again)} again when it starts.`
            : 'It applies none of the undone migrations again.'}
      </p>
    </ForecastPanel>
  );
}
