import { Breakable } from '@/components/ui/breakable';
import { classNames } from '@/components/ui/class-names';
import { Icon } from '@/components/ui/icon';
import { Panel, PanelBody, PanelHeader } from '@/components/ui/panel';
import { KEEP_FORMER_DAYS, type RestoreWay } from '@/lib/core/restore';

export interface WhatHappensProps {
  way: RestoreWay;
  present: string;
  presentHead: string | null;
  restored: string;
  former: string;
  backup: string;
  backupHead: string | null;
}

/** The databases, or the schemas, and their names: now, restored beside, and after the swap. */
export function WhatHappens(props: WhatHappensProps) {
  const { way, present, presentHead, restored, former, backup, backupHead } = props;
  const inPlace = way === 'in_place';
  const head = (tag: string | null) => (tag ? `, head ${tag}` : '');
  return (
    <Panel aria-labelledby="what-happens">
      <PanelHeader
        title="What happens"
        titleId="what-happens"
        detail={
          inPlace
            ? 'All in one database. The present schemas are never overwritten, and clients go on until the swap.'
            : 'The present database is never overwritten. Clients go on until the swap.'
        }
      />
      <PanelBody>
        <ol className="grid items-start gap-x-3 gap-y-4 text-sm md:grid-cols-[1fr_auto_1fr_auto_1fr]">
          <Stage name="Now">
            <Database name={present} what={`in use${head(presentHead)}`} kind="serving" />
          </Stage>
          <Arrow />
          <Stage
            name={
              inPlace
                ? 'Restored into new schemas, verified'
                : 'Restored into a new database, verified'
            }
          >
            <Database name={present} what="still in use" kind="serving" />
            <Database name={restored} what={`new, from ${backup}${head(backupHead)}`} kind="new" />
          </Stage>
          <Arrow />
          <Stage
            name={
              inPlace
                ? 'After the swap: all names, one transaction'
                : 'After the swap: two names, one transaction'
            }
          >
            <Database
              name={former}
              what={
                inPlace
                  ? `as they were, kept ${KEEP_FORMER_DAYS} days`
                  : `as it was, kept ${KEEP_FORMER_DAYS} days, read only`
              }
              kind="kept"
            />
            <Database name={present} what={`from ${backup}, in use`} kind="serving" />
          </Stage>
        </ol>
      </PanelBody>
    </Panel>
  );
}

function Stage({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <li className="flex min-w-0 flex-col gap-2">
      <span className="text-xs font-medium text-text-2">{name}</span>
      {children}
    </li>
  );
}

function Arrow() {
  return (
    <li aria-hidden className="self-center text-text-3 max-md:hidden">
      <Icon name="arrowRight" />
    </li>
  );
}

const kinds = {
  serving: 'border-ok-line bg-ok-soft',
  new: 'border-dashed border-info-line bg-info-soft',
  kept: 'border-line bg-sunken',
};

function Database({ name, what, kind }: { name: string; what: string; kind: keyof typeof kinds }) {
  return (
    <div className={classNames('min-w-0 rounded-md border px-3 py-2', kinds[kind])}>
      <code className="mono block font-semibold wrap-anywhere">
        <Breakable text={name} />
      </code>
      <span className="text-text-2 wrap-anywhere">
        <Breakable text={what} />
      </span>
    </div>
  );
}
