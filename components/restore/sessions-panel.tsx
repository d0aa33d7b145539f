'use client';

import { formatCount } from '@/components/room/format-count';
import { Banner } from '@/components/ui/banner';
import { formatCoarseDuration } from '@/components/ui/duration-format';
import { Panel, PanelBody, PanelHeader } from '@/components/ui/panel';
import { LoadingLines } from '@/components/ui/skeleton';
import { Table, TBody, TD, TH, THead, TR } from '@/components/ui/table';
import type { RestoreWay } from '@/lib/core/restore';
import type { RestoreRoom, RestoreSurroundings } from '@/lib/core/restore-views';
import { clientOf, doingWords, holdWords, programOf, sessionCount } from './session-words';
import { showsSessions, useSurroundings } from './use-surroundings';

/** Who is on the target before a swap puts them out, and what stays behind with the database. */
export function SessionsPanel({ room }: { room: RestoreRoom }) {
  const wanted = showsSessions(room.status);
  const { data, error } = useSurroundings(room.label, wanted);
  if (!wanted) return null;
  return (
    <Panel aria-labelledby="restore-sessions">
      <PanelHeader
        title={`Connected to ${room.databases.present} now`}
        titleId="restore-sessions"
        icon="users"
        detail={
          data?.found && data.found.sessions.length > 0
            ? `${formatCount(sessionCount(data.found), 'session')}, looked at every 5 s; the swap ends them`
            : 'Looked at every 5 s; the swap ends every session'
        }
      />
      {data ? (
        <Seen surroundings={data} way={room.way} />
      ) : (
        <PanelBody>
          {error ? (
            <Banner tone="unknown" title="Who is connected is not known">
              {error.message}
            </Banner>
          ) : (
            <LoadingLines label="Asking who is connected" lines={2} />
          )}
        </PanelBody>
      )}
    </Panel>
  );
}

function Seen({
  surroundings: { found, error },
  way,
}: {
  surroundings: RestoreSurroundings;
  way: RestoreWay;
}) {
  if (!found)
    return (
      <PanelBody>
        <Banner tone="unknown" title="Who is connected is not known">
          {error} The swap asks again, and ends whoever it finds.
        </Banner>
      </PanelBody>
    );
  const { stops, stays } = holdWords(found, way);
  return (
    <>
      {stops.length + stays.length > 0 ? (
        <PanelBody className="flex flex-col gap-2">
          {stops.map((text) => (
            <Banner key={text} tone="danger" title="This keeps the swap from going through">
              {text}
            </Banner>
          ))}
          {stays.map((text) => (
            <Banner key={text} tone="warn" title="This does not come along">
              {text}
            </Banner>
          ))}
        </PanelBody>
      ) : null}
      {found.sessions.length === 0 ? (
        <PanelBody>
          <p className="text-sm text-text-2">
            Nobody is connected at the moment. Whoever connects before the swap is put out by it.
          </p>
        </PanelBody>
      ) : (
        <Table label="Sessions by program" minWidth="42rem">
          <THead>
            <TR>
              <TH>application_name</TH>
              <TH>User</TH>
              <TH>Client</TH>
              <TH align="end">Sessions</TH>
              <TH>What they do</TH>
              <TH align="end">Oldest transaction</TH>
            </TR>
          </THead>
          <TBody>
            {found.sessions.map((one) => (
              <TR key={`${one.application} ${one.user} ${one.client}`}>
                <TD>
                  <span className="font-medium wrap-anywhere">{programOf(one)}</span>
                </TD>
                <TD>{one.user || 'not known'}</TD>
                <TD>{clientOf(one)}</TD>
                <TD align="end" numeric>
                  {one.sessions.toLocaleString('en-US')}
                </TD>
                <TD>{doingWords(one)}</TD>
                <TD align="end" numeric>
                  {one.oldestMs === null ? 'none open' : formatCoarseDuration(one.oldestMs)}
                </TD>
              </TR>
            ))}
          </TBody>
        </Table>
      )}
    </>
  );
}
