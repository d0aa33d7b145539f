import { type ReactNode, useId } from 'react';
import { Disclosure } from '@/components/ui/disclosure';
import { Icon } from '@/components/ui/icon';
import { Panel, PanelBody, PanelHeader } from '@/components/ui/panel';
import type { MigrateForecast } from '@/lib/core/migrate-forecast';
import { DRIZZLE_WORDS } from './forecast-words';

export interface ForecastPanelProps {
  forecast: MigrateForecast;
  title: string;
  /** What it means here, above the list. */
  children?: ReactNode;
}

/** Named at once; a folder with a hundred pending migrations unfolds. */
const SHOWN_AT_FIRST = 8;

/** What the next migrate() of the folder applies, and what it passes over without a word. */
export function ForecastPanel({ forecast, title, children }: ForecastPanelProps) {
  const titleId = useId();
  return (
    <Panel aria-labelledby={titleId}>
      <PanelHeader title={title} titleId={titleId} detail={DRIZZLE_WORDS[forecast.drizzle]} />
      <PanelBody className="flex flex-col gap-3 text-sm">
        {children}
        <ForecastLists forecast={forecast} />
      </PanelBody>
    </Panel>
  );
}

/** What would be applied, and what not. */
function ForecastLists({ forecast }: { forecast: MigrateForecast }) {
  const { applies, skips, fails } = forecast;
  const rest = applies.slice(SHOWN_AT_FIRST);
  return (
    <>
      {fails !== undefined ? (
        <p className="flex items-start gap-2">
          <Icon name="danger" className="mt-0.5 text-danger-text" />
          {fails}
        </p>
      ) : applies.length === 0 ? (
        <p className="flex items-start gap-2">
          <Icon name="ok" className="mt-0.5 text-ok-text" />
          It would apply nothing: every migration that it looks at has its tracking row.
        </p>
      ) : (
        <div>
          <p className="text-xs font-medium text-text-2">It would apply, in this order</p>
          <Tags tags={applies.slice(0, SHOWN_AT_FIRST)} start={1} />
          {rest.length > 0 ? (
            <Disclosure summary={`${rest.length.toLocaleString('en-US')} more`}>
              <Tags tags={rest} start={SHOWN_AT_FIRST + 1} />
            </Disclosure>
          ) : null}
        </div>
      )}
      {skips.length > 0 ? (
        <div>
          <p className="flex items-center gap-1.5 text-xs font-medium text-warn-text">
            <Icon name="warn" size={14} />
            It would pass over these without a word
          </p>
          <ul className="mt-0.5 flex flex-col gap-1">
            {skips.map((skip) => (
              <li key={skip.tag}>
                <code className="text-code wrap-anywhere">{skip.tag}</code>
                <p className="text-text-2">{skip.why}</p>
              </li>
            ))}
          </ul>
        </div>
      ) : null}
    </>
  );
}

function Tags({ tags, start }: { tags: readonly string[]; start: number }) {
  return (
    <ol start={start} className="mt-0.5 list-decimal pl-6 marker:text-xs marker:text-text-3">
      {tags.map((tag) => (
        <li key={tag}>
          <code className="text-code wrap-anywhere">{tag}</code>
        </li>
      ))}
    </ol>
  );
}
