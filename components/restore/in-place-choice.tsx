import { Banner } from '@/components/ui/banner';
import { KeyValue } from '@/components/ui/key-value';
import type { RestoreWay } from '@/lib/core/restore';
import type { InPlaceChoice, RestoreChoice } from '@/lib/core/restore-views';

/** In place only where the other way is closed to the role, and this one is not. */
export function wayOf({ rights, inPlace }: RestoreChoice): RestoreWay {
  return (!rights.create || !rights.rename) && inPlace?.possible ? 'in_place' : 'beside';
}

/** What the role may not, which the first choice needs. */
export function lackOf({ create, rename }: RestoreChoice['rights']): string {
  const lacks = [...(create ? [] : ['create databases']), ...(rename ? [] : ['rename this one'])];
  return `The role of this target may not ${lacks.join(' or ')}`;
}

/** Why it goes in place, and what would be better. */
export function InPlaceBanner({ rights }: { rights: RestoreChoice['rights'] }) {
  return (
    <Banner tone="warn" title={`${lackOf(rights)}: this restore goes in place`}>
      The better way is a new database beside the present one, for which the rights are named at the
      end of this page. In place, the copy is made in schemas of the same database, and the swap
      renames schemas: nothing is overwritten, but one database holds both.
    </Banner>
  );
}

/** What moves, and what stays as it is. */
export function InPlaceFacts({
  inPlace: { schemas, extensions, remarks },
}: {
  inPlace: InPlaceChoice;
}) {
  return (
    <>
      <KeyValue
        layout="columns"
        entries={[
          {
            id: 'schemas',
            label: 'Set aside',
            value: <code className="mono wrap-anywhere">{schemas.join(', ')}</code>,
          },
          ...(extensions.length > 0
            ? [
                {
                  id: 'extensions',
                  label: 'Move along',
                  value: <span className="wrap-anywhere">{extensions.join(', ')}</span>,
                },
              ]
            : []),
        ]}
      />
      {remarks.length > 0 ? (
        <ul className="flex list-disc flex-col gap-1 pl-5 text-sm text-text-2">
          {remarks.map((remark) => (
            <li key={remark} className="wrap-anywhere">
              {remark}
            </li>
          ))}
        </ul>
      ) : null}
    </>
  );
}
