import { ForecastPanel } from '@/components/proof/forecast-panel';
import { listTags } from '@/components/proof/forecast-words';
import { Icon } from '@/components/ui/icon';
import type { MigrateForecast } from '@/lib/core/migrate-forecast';
import type { RestoreRoom } from '@/lib/core/restore-views';

/** What images do to the restored database when they start: the release that fits it, and the newest. */
export function RestoreForecast({ room }: { room: RestoreRoom }) {
  const { evidence, releases } = room;
  if (!evidence?.forecastToday) return null;
  const { forecast, forecastToday, headTag } = evidence;
  const release = releases[0]?.name ?? `A release whose journal ends at ${headTag}`;
  return (
    <ForecastPanel
      forecast={forecastToday}
      title="The next migrate() of this folder, on what was restored"
    >
      {forecast ? <Fitting release={release} forecast={forecast} /> : null}
      {forecastToday.applies.length > 0 ? <Newest room={room} /> : null}
    </ForecastPanel>
  );
}

function Fitting({ release, forecast }: { release: string; forecast: MigrateForecast }) {
  const { applies, fails } = forecast;
  const boots = fails === undefined && applies.length === 0;
  return (
    <p className="flex max-w-[72ch] items-start gap-2">
      <Icon
        name={boots ? 'ok' : 'warn'}
        className={`mt-0.5 ${boots ? 'text-ok-text' : 'text-warn-text'}`}
      />
      {fails !== undefined
        ? `The migrate() of ${release} would fail: ${fails}`
        : boots
          ? `${release} boots: its migrate() applies nothing.`
          : `The migrate() of ${release} would apply ${listTags(applies)}.`}
    </p>
  );
}

/** The fence is raised in the copy before anybody can reach it, and counts from the swap on. */
function Newest({ room: { evidence, fence } }: { room: RestoreRoom }) {
  const kind = fence ? (fence.releasedAt === null ? fence.kind : null) : evidence?.fence?.kind;
  const up = kind === 'trigger';
  return (
    <p className="flex max-w-[72ch] items-start gap-2">
      <Icon
        name={up ? 'fenceUp' : 'warn'}
        className={`mt-0.5 ${up ? 'text-info-text' : 'text-warn-text'}`}
      />
      {up
        ? 'The fence refuses it while it is up: an image with this folder fails to start and changes nothing.'
        : 'No fence is up: an image with this folder applies what follows when it starts.'}
    </p>
  );
}
