import type pg from 'pg';
import { fingerprint, snapshotCatalog } from '@/lib/catalog';
import type { BackupManifest } from '@/lib/control';
import type { CatalogKind, CatalogObject, CatalogSnapshot, SchemaChange } from '@/lib/core/catalog';
import { canonicalJson } from '@/lib/core/digest';
import { compareWithLive } from '@/lib/scratch';
import type { TrackingTable } from '@/lib/target';
import type { DumpedSchema } from './dumped-schema';

export interface SchemaComparison {
  /** Null when the servers are of two majors, which print definitions in their own ways. */
  fingerprint: { expected: string; found: string } | null;
  /** `before` is the restored database, `after` the schema that was dumped. */
  differences: SchemaChange[];
  /** What differs for a reason that does not count, as sentences. */
  remarks: string[];
  /** The restored database as it was read. */
  catalog: CatalogSnapshot;
  /** A later snapshot of it, with what means the same in the words of the dumped schema. */
  inDumpedWords(snapshot: CatalogSnapshot): CatalogSnapshot;
}

/**
 * Compares a restored database with the schema that was dumped. Owners and rights are no part of a
 * fingerprint; default rights are an object of their own and don't count either, as a copy is restored
 * without them where roles lack. An index that was invalid is in no dump. See docs/adr/0012.
 * @param client on the restored database
 * @param untouched kinds that were not restored at all: what differs in them is told, and does not count
 * @param dumped null for a backup of an older Backstep: then only the fingerprint tells
 */
export async function compareSchema(
  client: pg.Client,
  manifest: Pick<BackupManifest, 'schemaFingerprint' | 'database'>,
  dumped: DumpedSchema | null,
  tracking: TrackingTable,
  untouched: ReadonlySet<CatalogKind> = new Set(),
): Promise<SchemaComparison> {
  const catalog = await snapshotCatalog(client, { tracking });
  const expected = manifest.schemaFingerprint;
  const [is, was] = [catalog.serverVersionNum, manifest.database.serverVersionNum].map(majorOf);
  if (is !== was) return acrossMajors(catalog, dumped, { is: is ?? 0, was: was ?? 0 });
  if (!dumped) {
    return {
      fingerprint: { expected, found: fingerprint(catalog) },
      differences: [],
      remarks: [],
      catalog,
      inDumpedWords: (snapshot) => snapshot,
    };
  }
  const live = await compareWithLive(client, catalog, dumped.catalog);
  const uncounted = live.differences.filter(
    (change) => untouched.has(change.kind) || isUncounted(change, catalog, dumped),
  );
  const inDumpedWords = (snapshot: CatalogSnapshot): CatalogSnapshot =>
    withDumped(live.inLiveWords(snapshot), catalog, dumped.catalog, uncounted);
  return {
    fingerprint: { expected, found: fingerprint(inDumpedWords(catalog)) },
    differences: live.differences.filter((change) => !uncounted.includes(change)),
    remarks: untouched.size > 0 ? remarksInPlace(uncounted) : remarksOn(uncounted),
    catalog,
    inDumpedWords,
  };
}

const majorOf = (versionNum: number): number => Math.floor(versionNum / 10_000);

/** Definitions can't be compared then; that every named object is there can be. */
function acrossMajors(
  catalog: CatalogSnapshot,
  dumped: DumpedSchema | null,
  { is, was }: { is: number; was: number },
): SchemaComparison {
  const differences = Object.entries(dumped?.catalog.objects ?? {}).flatMap(
    ([key, object]): SchemaChange[] =>
      key in catalog.objects || isLeftOut(object)
        ? []
        : [{ change: 'added', kind: object.kind, name: object.name }],
  );
  return {
    fingerprint: null,
    differences,
    remarks: [
      `The backup is of PostgreSQL ${was} and the scratch server is PostgreSQL ${is}. They print definitions differently, so that ${dumped ? 'only the names of the objects were compared' : 'the schema was not compared'}. Set SCRATCH_DATABASE_URL to a server of version ${was} for the whole comparison.`,
    ],
    catalog,
    inDumpedWords: (snapshot) => snapshot,
  };
}

const isLeftOut = ({ kind, attributes }: CatalogObject): boolean =>
  kind === 'default_acl' || (kind === 'index' && attributes.invalid === true);

function isUncounted(change: SchemaChange, copy: CatalogSnapshot, dumped: DumpedSchema): boolean {
  if (change.kind === 'default_acl') return true;
  const key = keyOf(change);
  const was = dumped.catalog.objects[key];
  if (change.kind === 'index') return was?.attributes.invalid === true && !copy.objects[key];
  return (
    change.kind === 'extension' &&
    change.change === 'changed' &&
    (change.attributes ?? []).every(({ name }) => name === 'version')
  );
}

/** As long as nobody has changed them, they stand as the dump saw them. */
function withDumped(
  snapshot: CatalogSnapshot,
  copy: CatalogSnapshot,
  dumped: CatalogSnapshot,
  uncounted: readonly SchemaChange[],
): CatalogSnapshot {
  const objects = { ...snapshot.objects };
  for (const key of uncounted.map(keyOf)) {
    if (!sameObject(objects[key], copy.objects[key])) continue;
    const was = dumped.objects[key];
    // What stands on another object goes with it.
    const parentGone = was?.parent !== undefined && !hasParent(objects, was.parent);
    if (was && !parentGone) objects[key] = was;
    else delete objects[key];
  }
  return { ...snapshot, objects };
}

const hasParent = (objects: CatalogSnapshot['objects'], name: string): boolean =>
  ['table', 'materialized_view'].some((kind) => `${kind} ${name}` in objects);

function sameObject(a: CatalogObject | undefined, b: CatalogObject | undefined): boolean {
  if (!a || !b) return a === b;
  return canonicalJson(a.attributes) === canonicalJson(b.attributes);
}

const keyOf = ({ kind, name }: Pick<SchemaChange, 'kind' | 'name'>): string => `${kind} ${name}`;

/** In place, what belongs to the database stays as it is: each difference is for a person to look at. */
function remarksInPlace(uncounted: readonly SchemaChange[]): string[] {
  const differ = (change: SchemaChange['change'], what: string): string[] => {
    const names = uncounted
      .filter((one) => one.change === change && one.kind !== 'default_acl')
      .map(({ kind, name }) => `${kind.replaceAll('_', ' ')} ${name}`);
    return names.length > 0 ? [`${what}: ${names.join(', ')}.`] : [];
  };
  return [
    ...differ('added', 'Only in the backup, and not restored in place'),
    ...differ('removed', 'Not in the backup, and left as it is'),
    ...differ('changed', 'Other than in the backup, and left as it is'),
  ];
}

function remarksOn(uncounted: readonly SchemaChange[]): string[] {
  const names = (kind: SchemaChange['kind']) =>
    uncounted.filter((change) => change.kind === kind).map(({ name }) => name);
  const [indexes, extensions] = [names('index'), names('extension')];
  const remarks: string[] = [];
  if (names('default_acl').length > 0)
    remarks.push('The copy has other default rights than the target; they were not compared.');
  if (indexes.length > 0)
    remarks.push(
      `Invalid when the backup was taken, and so in no dump: ${indexes.join(', ')}. Drop or rebuild them on the target.`,
    );
  if (extensions.length > 0)
    remarks.push(
      `The scratch server has other versions of these extensions: ${extensions.join(', ')}.`,
    );
  return remarks;
}
