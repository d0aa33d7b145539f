import { Breakable } from '@/components/ui/breakable';
import { Panel, PanelHeader } from '@/components/ui/panel';
import { Table, TBody, TD, TH, THead, TR } from '@/components/ui/table';
import type { MovedSchema, RestoreStatus } from '@/lib/core/restore';
import type { RestoreRoom } from '@/lib/core/restore-views';

/** On which side of a swap the names are. */
type Side = 'before' | 'after' | 'back';

const SIDE: Partial<Record<RestoreStatus, Side>> = {
  swapped: 'after',
  swapping_back: 'after',
  swapped_back: 'back',
};

/** What was restored is dropped by then. */
const GONE: ReadonlySet<RestoreStatus> = new Set(['cancelled', 'rejected']);

const WORDS: Record<Side, { detail: string; restored: string; former: string }> = {
  before: {
    detail: 'The swap gives each restored one its name, all in one transaction',
    restored: 'Restored copy',
    former: 'The present one is then kept as',
  },
  after: {
    detail: 'The restored ones have the names',
    restored: 'Holds',
    former: 'The former one is kept as',
  },
  back: {
    detail: 'The former ones have their names again',
    restored: 'The restored one is kept as',
    former: 'Holds',
  },
};

/** Of a restore in place: which schema has which name, now and on the other side of a swap. */
export function SchemasPanel({ room }: { room: RestoreRoom }) {
  const { schemas, status } = room;
  if (!schemas || schemas.length === 0 || GONE.has(status)) return null;
  const side = SIDE[status] ?? 'before';
  const words = WORDS[side];
  const untouched = room.evidence?.inPlace?.untouched ?? [];
  return (
    <Panel aria-labelledby="restore-schemas">
      <PanelHeader
        title={`Schemas of ${room.databases.present}`}
        titleId="restore-schemas"
        icon="database"
        detail={words.detail}
      />
      <Table label="Schemas and their names" minWidth="40rem">
        <THead>
          <TR>
            <TH>Name in use</TH>
            <TH>{words.restored}</TH>
            <TH>{words.former}</TH>
          </TR>
        </THead>
        <TBody>
          {schemas.map((schema) => (
            <TR key={schema.name}>
              <TD>
                <Name text={schema.name} />
              </TD>
              <TD>
                <Restored schema={schema} side={side} dropped={room.droppedAt !== null} />
              </TD>
              <TD>
                <Former schema={schema} side={side} dropped={room.droppedAt !== null} />
              </TD>
            </TR>
          ))}
        </TBody>
      </Table>
      {untouched.length > 0 ? (
        <ul className="flex flex-col gap-1 border-t border-line-soft px-4 py-2 text-xs text-text-2">
          {untouched.map((sentence) => (
            <li key={sentence} className="wrap-anywhere">
              {sentence}
            </li>
          ))}
        </ul>
      ) : null}
    </Panel>
  );
}

interface CellProps {
  schema: MovedSchema;
  side: Side;
  dropped: boolean;
}

function Restored({ schema, side, dropped }: CellProps) {
  if (schema.newOid === null) return <Aside>the backup does not have it</Aside>;
  if (side === 'after') return <>what the backup has</>;
  return side === 'back' && dropped ? <Aside>dropped</Aside> : <Name text={schema.restored} />;
}

function Former({ schema, side, dropped }: CellProps) {
  if (schema.presentOid === null) return <Aside>it was not there</Aside>;
  if (side === 'back') return <>what was there before</>;
  return side === 'after' && dropped ? <Aside>dropped</Aside> : <Name text={schema.former} />;
}

const Aside = ({ children }: { children: string }) => (
  <span className="text-text-2">{children}</span>
);

const Name = ({ text }: { text: string }) => (
  <code className="mono wrap-anywhere">
    <Breakable text={text} />
  </code>
);
