/** What the role may do on the target's server, and what is to be restored. */
export interface RestoreRights {
  /** It may create databases, and owns the present one or its role. */
  create: boolean;
  rename: boolean;
  /** Who it is, and who owns the database. */
  role: string;
  owner: string;
}

export interface InstructionFacts extends RestoreRights {
  database: string;
  restored: string;
  former: string;
  /** Folder of the backup; null when it lies in an object storage or is encrypted. */
  folder: string | null;
  jobs: number;
}

export interface Instruction {
  text: string;
  command: string | null;
}

/**
 * What somebody with more rights does where the role of the target may not create a database beside the
 * present one, or rename it: grant it the rights, or restore and swap by hand. Empty where it may.
 */
export function restoreInstructions(facts: InstructionFacts): Instruction[] {
  if (facts.create && facts.rename) return [];
  return [...grants(facts), ...byHand(facts)];
}

function grants({ create, rename, role, owner }: InstructionFacts): Instruction[] {
  const list: Instruction[] = [];
  if (!create)
    list.push({
      text: `The role ${role} may not create databases. An administrator of the server may allow it; then Backstep does the rest.`,
      command: `ALTER ROLE ${name(role)} CREATEDB;`,
    });
  if (!rename)
    list.push({
      text: `The database belongs to ${owner}, and only who has that role may rename it.`,
      command: `GRANT ${name(owner)} TO ${name(role)};`,
    });
  return list;
}

function byHand(facts: InstructionFacts): Instruction[] {
  const { database, restored, former, owner, folder, jobs } = facts;
  return [
    {
      text: 'Where the provider allows neither, restore by hand, as a role that may. Begin with a new database beside the present one.',
      command: `CREATE DATABASE ${name(restored)} TEMPLATE template0 OWNER ${name(owner)};`,
    },
    {
      text:
        folder === null
          ? 'Fetch the backup to a folder and decrypt it, then restore it. The page of the backup says where it lies.'
          : 'Restore the backup into it. PGHOST, PGPORT and PGUSER say where; the password comes from a password file.',
      command: `pg_restore --jobs=${jobs} --exit-on-error --no-password --dbname=${argument(restored)} ${argument(folder ?? 'FOLDER')}`,
    },
    {
      text: 'A restored database has no statistics yet.',
      command: `vacuumdb --analyze-only --jobs=${jobs} --dbname=${argument(restored)}`,
    },
    {
      text: 'Stop the application, so that nobody is connected. Then swap the names, from another database. It is one transaction: both names move, or none.',
      command: [
        'BEGIN;',
        `ALTER DATABASE ${name(database)} RENAME TO ${name(former)};`,
        `ALTER DATABASE ${name(restored)} RENAME TO ${name(database)};`,
        'COMMIT;',
      ].join('\n'),
    },
    {
      text: 'Where the provider allows no rename either, point the application at the new database instead, and change url of the target to it.',
      command: null,
    },
    {
      text: 'Deploy the release whose newest migration is the one of the backup, before a newer image boots and migrates the restored database up.',
      command: null,
    },
  ];
}

const name = (identifier: string): string => `"${identifier.replaceAll('"', '""')}"`;

/** For a POSIX shell. */
const argument = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
