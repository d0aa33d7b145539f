import type { CatalogKind, CatalogObject } from '@/lib/core/catalog';

/** The name under which rights stand among an object's changed attributes. */
export const ACCESS_RIGHTS = 'access rights';

/** Grantee → privileges. One with grant option is in the set twice: as itself and with the option. */
export type Rights = ReadonlyMap<string, ReadonlySet<string>>;

const WITH_OPTION = ' with grant option';

/** The letters of `aclitem`, in the order in which people list them. */
const PRIVILEGES: Readonly<Record<string, string>> = {
  r: 'SELECT',
  a: 'INSERT',
  w: 'UPDATE',
  d: 'DELETE',
  D: 'TRUNCATE',
  x: 'REFERENCES',
  t: 'TRIGGER',
  m: 'MAINTAIN',
  X: 'EXECUTE',
  U: 'USAGE',
  C: 'CREATE',
  c: 'CONNECT',
  T: 'TEMPORARY',
  s: 'SET',
  A: 'ALTER SYSTEM',
};

const ORDER: readonly string[] = Object.values(PRIVILEGES);

/** MAINTAIN came with PostgreSQL 17. */
const HAS_MAINTAIN = 170_000;

const RELATION = { owner: 'rawdDxtm', everybody: '' };
const USABLE = { owner: 'U', everybody: '' };
const USABLE_BY_ALL = { owner: 'U', everybody: 'U' };

/** What no access list means, by kind: the same as `acldefault()`. */
const DEFAULTS: Partial<Record<CatalogKind, { owner: string; everybody: string }>> = {
  table: RELATION,
  view: RELATION,
  materialized_view: RELATION,
  foreign_table: RELATION,
  sequence: { owner: 'rwU', everybody: '' },
  schema: { owner: 'UC', everybody: '' },
  function: { owner: 'X', everybody: 'X' },
  type: USABLE_BY_ALL,
  language: USABLE_BY_ALL,
  foreign_server: USABLE,
  database: { owner: 'CTc', everybody: 'Tc' },
  tablespace: { owner: 'C', everybody: '' },
};

/**
 * Who may do what with an object. An object without an access list has PostgreSQL's defaults, so that
 * a GRANT that was taken back leaves no difference. The owner is called `owner`, everybody `PUBLIC`;
 * who granted does not count.
 *
 * @throws Error on text that is no `aclitem`
 */
export function rightsOf(object: CatalogObject, serverVersionNum: number): Rights {
  const { acl, kind, owner } = object;
  const rights = new Map<string, Set<string>>();
  const grant = (grantee: string, letters: string) => {
    const held = rights.get(grantee) ?? new Set();
    for (const [, letter = '', option] of letters.matchAll(/(\w)(\*?)/g)) {
      const privilege = PRIVILEGES[letter] ?? letter;
      held.add(privilege);
      if (option) held.add(privilege + WITH_OPTION);
    }
    if (held.size > 0) rights.set(grantee, held);
  };
  if (acl === undefined) {
    const defaults = DEFAULTS[kind];
    if (defaults) {
      grant('owner', lettersFor(defaults.owner, serverVersionNum));
      grant('PUBLIC', defaults.everybody);
    }
  } else {
    for (const item of acl) {
      const { role, letters } = parseItem(item);
      grant(role === '' ? 'PUBLIC' : role === owner ? 'owner' : quoted(role), letters);
    }
  }
  return rights;
}

const lettersFor = (letters: string, version: number) =>
  version >= HAS_MAINTAIN ? letters : letters.replace('m', '');

/** `role=rw/grantor`, with a star after each privilege that may be granted on: either name is in double quotes when it has other characters than a name's. */
function parseItem(item: string): { role: string; letters: string } {
  const found = /^("(?:[^"]|"")*"|[^="]*)=([A-Za-z*]*)(?:\/|$)/.exec(item);
  if (!found) throw new Error(`PostgreSQL printed access rights that cannot be read: ${item}`);
  const [, role = '', letters = ''] = found;
  return {
    role: role.startsWith('"') ? role.slice(1, -1).replaceAll('""', '"') : role,
    letters,
  };
}

/** A role whose name could be taken for something else stands in quotes. */
const quoted = (role: string) =>
  /^[a-z_][a-z0-9_$]*$/.test(role) && role !== 'owner' ? role : `"${role.replaceAll('"', '""')}"`;

export interface RightsDifference {
  removed: Rights;
  added: Rights;
  /** What those whose rights differ had and have; null when they had none. */
  before: string | null;
  after: string | null;
}

/** Privileges as they are listed in words; one with grant option is held without it as well. */
export function privilegeSet(listed: readonly string[]): ReadonlySet<string> {
  return new Set(listed.flatMap((one) => [one, one.replace(WITH_OPTION, '')]));
}

/** How the rights on one object differ, grantee by grantee. */
export function compareRights(
  old: CatalogObject,
  now: CatalogObject,
  serverVersionNum: number,
): RightsDifference {
  const [had, has] = [rightsOf(old, serverVersionNum), rightsOf(now, serverVersionNum)];
  return { ...differenceOf(had, has), ...wordsOf(had, has) };
}

/** Privileges that are only in one of two sets of rights. */
export function differenceOf(had: Rights, has: Rights): { removed: Rights; added: Rights } {
  return { removed: minus(had, has), added: minus(has, had) };
}

function minus(some: Rights, others: Rights): Rights {
  const left = new Map<string, ReadonlySet<string>>();
  for (const [grantee, privileges] of some) {
    const rest = [...privileges].filter((one) => !others.get(grantee)?.has(one));
    if (rest.length > 0) left.set(grantee, new Set(rest));
  }
  return left;
}

function wordsOf(had: Rights, has: Rights) {
  const { removed, added } = differenceOf(had, has);
  const differs = (rights: Rights): Rights =>
    new Map([...rights].filter(([grantee]) => removed.has(grantee) || added.has(grantee)));
  return {
    before: rightsInWords(differs(had)) || null,
    after: rightsInWords(differs(has)) || null,
  };
}

/** `anon: SELECT, INSERT; owner: USAGE with grant option`. */
export function rightsInWords(rights: Rights): string {
  return [...rights]
    .map(([grantee, privileges]) => `${grantee}: ${listed(privileges)}`)
    .sort()
    .join('; ');
}

function listed(privileges: ReadonlySet<string>): string {
  return [...privileges]
    .filter((one) => !privileges.has(one + WITH_OPTION))
    .sort((a, b) => rank(a) - rank(b))
    .join(', ');
}

const rank = (privilege: string) => ORDER.indexOf(privilege.replace(WITH_OPTION, ''));
