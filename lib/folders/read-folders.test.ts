import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Hex } from '@/lib/core/digest';
import type { TargetConfig } from '@/lib/core/policy';
import { listEntries, readMigrationFolder, readRollbackFolder } from '.';
import { createSampleTarget, editJournal, type SampleTarget, SHOP } from './sample-target.fixture';

let sample: SampleTarget;
beforeEach(async () => {
  sample = await createSampleTarget();
});
afterEach(() => sample.dispose());

const TAGS = SHOP.map((migration) => migration.tag);
const up = (name: string) => path.join(sample.target.migrations, name);
const down = (name: string) => path.join(sample.target.rollbacks, name);
const setOf = (tags: readonly string[]) => ({
  layout: 'journal' as const,
  files: tags.map((tag) => ({ tag, path: `${tag}.sql` })),
});
const rollbacks = (change: Partial<TargetConfig> = {}) =>
  readRollbackFolder({ ...sample.target, ...change }, setOf(TAGS));
const problemOf = async (tag: string) => (await rollbacks()).matches.get(tag)?.problem;

describe('the migrations folder', () => {
  it('is read as drizzle itself reads it', async () => {
    await writeFile(up('0001_orders.sql'), Buffer.from([0xef, 0xbb, 0xbf, 0x2d, 0x2d, 0xff, 0x0d]));
    const { files, problems } = await readMigrationFolder(sample.target);
    const byDrizzle = readMigrationFiles({ migrationsFolder: sample.target.migrations });
    expect(files.map((file) => [file.hash, file.when, file.breakpoints])).toEqual(
      byDrizzle.map((one) => [one.hash, one.folderMillis, one.bps]),
    );
    expect(files.map((file) => [file.position, file.tag])).toEqual(TAGS.map((tag, n) => [n, tag]));
    expect(problems).toEqual([]);
  });

  it('takes the older journals too', async () => {
    for (const [version, dialect] of [
      ['5', 'pg'],
      ['6', 'postgresql'],
    ] as const) {
      await editJournal(sample.target, (journal) => {
        Object.assign(journal, { version, dialect });
      });
      expect((await readMigrationFolder(sample.target)).files).toHaveLength(4);
    }
  });

  it('sees a file that was edited since', async () => {
    const before = await readMigrationFolder(sample.target);
    await writeFile(up('0001_orders.sql'), `${SHOP[1]?.up.replace('orders', 'ORDERS')}`);
    const after = await readMigrationFolder(sample.target);
    expect(after.files[1]?.hash).not.toBe(before.files[1]?.hash);
    expect(after.files[2]).toEqual(before.files[2]);
  });

  it('names a file that is not in the journal, and goes on', async () => {
    await writeFile(up('0004_forgotten.sql'), 'SELECT 1;');
    expect((await readMigrationFolder(sample.target)).problems).toEqual([
      expect.objectContaining({ code: 'file_not_in_journal', file: '0004_forgotten.sql' }),
    ]);
  });

  it('lists an entry whose file is not there, or is a folder', async () => {
    await rm(up('0002_order_note.sql'));
    for (const spoil of [async () => undefined, () => mkdir(up('0002_order_note.sql'))]) {
      await spoil();
      const { files, problems } = await readMigrationFolder(sample.target);
      expect(files[2]).toMatchObject({
        tag: '0002_order_note',
        path: '0002_order_note.sql',
        absent: true,
        hash: '',
        sql: '',
      });
      expect(files.filter((file) => file.absent)).toHaveLength(1);
      expect(problems).toEqual([
        expect.objectContaining({
          code: 'journal_entry_without_file',
          file: '0002_order_note.sql',
        }),
      ]);
    }
  });

  it('names entries that an incremental migrate passes over, and shared numbers', async () => {
    await writeFile(up('0002_twin.sql'), 'SELECT 1;');
    await editJournal(sample.target, (journal) => {
      journal.entries.push({ ...journal.entries[1], idx: 4, tag: '0002_twin' });
    });
    expect((await readMigrationFolder(sample.target)).problems).toEqual([
      {
        code: 'out_of_order',
        file: '0002_twin.sql',
        message:
          'The journal time of 0002_twin is not larger than that of 0003_coupons before it, so a database that has 0003_coupons never gets 0002_twin from drizzle. Generate it anew, or give it a later `when` before it is deployed.',
      },
      {
        code: 'same_number',
        file: '0002_twin.sql',
        message:
          '0002_order_note and 0002_twin share the number 0002, so no script can belong to one of them by its number. Name their scripts after the whole tag.',
      },
    ]);
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'has no journal',
      () => rm(path.join(sample.target.migrations, 'meta'), { recursive: true }),
      /_journal\.json does not exist\. Point `migrations`/,
    ],
    [
      'does not exist',
      () => rename(sample.target.migrations, `${sample.target.migrations}-away`),
      /_journal\.json does not exist/,
    ],
    [
      'has a journal that is not JSON',
      () => writeFile(path.join(sample.target.migrations, 'meta', '_journal.json'), '<<<<<<<'),
      /is not JSON\. Look for a merge conflict/,
    ],
    [
      'has a journal of another shape',
      () => editJournal(sample.target, (journal) => journal.entries.push({ idx: 'x' })),
      /is not a journal of drizzle: entries\.4\.idx/,
    ],
    [
      'is for another database',
      () => editJournal(sample.target, (journal) => Object.assign(journal, { dialect: 'mysql' })),
      /has the dialect 'mysql'/,
    ],
    [
      'is of an unknown version',
      () => editJournal(sample.target, (journal) => Object.assign(journal, { version: '9' })),
      /has version '9'; versions 5, 6, 7 are known/,
    ],
    [
      'has a tag twice',
      () =>
        editJournal(sample.target, (journal) => {
          journal.entries.push({ ...journal.entries[1], idx: 4 });
        }),
      /lists 0001_orders twice/,
    ],
    [
      'has a tag that leads elsewhere',
      () =>
        editJournal(sample.target, (journal) => {
          Object.assign(journal.entries[1] ?? {}, { tag: '../../etc/passwd' });
        }),
      /entries\.1\.tag/,
    ],
    [
      'has a link that leads out of it',
      async () => {
        await rename(up('0002_order_note.sql'), `${sample.target.migrations}.sql`);
        await symlink(`${sample.target.migrations}.sql`, up('0002_order_note.sql'));
      },
      /0002_order_note\.sql is a link that leads out of the migrations folder/,
    ],
    [
      'has a link that leads nowhere',
      async () => {
        await rm(up('0002_order_note.sql'));
        await symlink('nowhere.sql', up('0002_order_note.sql'));
      },
      /0002_order_note\.sql can’t be read \(ENOENT\)/,
    ],
  ])('is refused when it %s', async (_, spoil, message) => {
    await spoil();
    await expect(readMigrationFolder(sample.target)).rejects.toMatchObject({
      code: 'journal_invalid',
      message: expect.stringMatching(message),
    });
  });

  it('may have links within itself, as mounted configuration does', async () => {
    await mkdir(up('..data'));
    await rename(up('0001_orders.sql'), up('..data/0001_orders.sql'));
    await symlink('..data/0001_orders.sql', up('0001_orders.sql'));
    expect((await readMigrationFolder(sample.target)).files[1]?.sql).toBe(SHOP[1]?.up);
  });
});

describe('the rollbacks folder', () => {
  it('gives each migration its script with the hash of its bytes', async () => {
    const { pattern, matches, problems } = await rollbacks();
    expect(pattern).toBe('{number}_rollback.sql');
    expect([...matches.keys()]).toEqual(TAGS.slice(1));
    const sql = SHOP[2]?.down ?? '';
    expect(matches.get('0002_order_note')).toEqual({
      rollback: {
        name: '0002_rollback.sql',
        pairedBy: 'number',
        bytes: sql.length,
        sha256: sha256Hex(sql),
        sql,
      },
      problem: undefined,
      candidates: [],
    });
    expect(problems).toEqual([]);
  });

  it('names a file that belongs to nothing, and goes on; a README may be there', async () => {
    await writeFile(down('0099_rollback.sql'), 'SELECT 1;');
    await writeFile(down('0002_rollback.sql.orig'), 'SELECT 1;');
    await writeFile(down('README.md'), 'hello');
    await writeFile(down('.hidden'), 'hello');
    const { matches, problems } = await rollbacks();
    expect(matches.size).toBe(3);
    expect(problems.map((problem) => [problem.code, problem.file])).toEqual(
      expect.arrayContaining([
        ['stray_rollback_file', '0099_rollback.sql'],
        ['stray_rollback_file', '0002_rollback.sql.orig'],
      ]),
    );
    expect(problems).toHaveLength(2);
    expect(problems[0]?.message).toContain('belongs to no migration');
  });

  it('keeps to a pattern that is given', async () => {
    const { matches, problems } = await rollbacks({ rollbackPattern: '{tag}.down.sql' });
    expect(matches.size).toBe(0);
    expect(problems).toHaveLength(3);
    expect(problems[0]?.message).toContain('by the pattern {tag}.down.sql');
    await writeFile(down('0001_orders.down.sql'), 'DROP TABLE orders;');
    const found = await rollbacks({ rollbackPattern: '{tag}.down.sql' });
    expect(found.matches.get('0001_orders')?.rollback).toMatchObject({
      name: '0001_orders.down.sql',
      pairedBy: 'pattern',
    });
  });

  it('may have a pattern with a folder in it', async () => {
    await mkdir(down('0001_orders'));
    await writeFile(down('0001_orders/minus.sql'), 'DROP TABLE orders;');
    const { matches } = await rollbacks({ rollbackPattern: '{tag}/minus.sql' });
    expect([...matches.keys()]).toEqual(['0001_orders']);
    expect((await rollbacks({ rollbackPattern: '{tag}*' })).matches.size).toBe(0);
  });

  it('is read with the folders below it, without folders of ups and the migrations', async () => {
    await mkdir(down('down/old'), { recursive: true });
    await mkdir(down('up'));
    await rename(down('0003_rollback.sql'), down('down/old/0003.sql'));
    await writeFile(down('up/0003.sql'), 'SELECT 1;');
    await writeFile(down('0002.up.sql'), 'SELECT 1;');
    const { naming, pattern, matches, problems } = await rollbacks();
    expect(matches.get('0003_coupons')?.rollback?.name).toBe('down/old/0003.sql');
    expect(naming).toBe('{number}_rollback.sql, down/old/{number}.sql');
    expect(pattern).toBe('*');
    expect(problems).toEqual([]);
    // The folder above both: no migration may become its own script.
    const above = await rollbacks({ rollbacks: path.dirname(sample.target.migrations) });
    expect([...above.matches].map(([, match]) => match.rollback?.name)).toEqual([
      'rollbacks/0001_rollback.sql',
      'rollbacks/0002_rollback.sql',
      'rollbacks/down/old/0003.sql',
    ]);
  });

  it('takes what can’t run inside a transaction where the catalog tells whether it is done', async () => {
    await writeFile(down('0003_rollback.sql'), 'SELECT 1;\nDROP INDEX CONCURRENTLY coupons_code;');
    expect(await problemOf('0003_coupons')).toBeUndefined();
  });

  it.each([
    ['CREATE INDEX CONCURRENTLY ON coupons (code);', /Give the index a name/],
    ['DROP INDEX CONCURRENTLY coupons_code, other;', /Drop one index with each statement/],
    ['REINDEX SYSTEM shop;', /run it by hand/],
  ])('refuses %s, and says what to write', async (statement, remedy) => {
    await writeFile(down('0003_rollback.sql'), `SELECT 1;\n${statement}`);
    const problem = await problemOf('0003_coupons');
    expect(problem).toMatch(/^0003_rollback\.sql, line 2: .*can’t run inside a transaction/);
    expect(problem).toMatch(remedy);
  });

  it('shows a script that is empty, not UTF-8 or refused, with its line', async () => {
    await writeFile(down('0001_rollback.sql'), '');
    await writeFile(down('0002_rollback.sql'), Buffer.from([0x53, 0xff, 0xfe]));
    await writeFile(down('0003_rollback.sql'), 'SELECT 1;\n\nDROP TABEL x;\n');
    const { matches } = await rollbacks();
    expect(matches.get('0001_orders')?.problem).toMatch(
      /^0001_rollback\.sql: The script has no statements/,
    );
    expect(matches.get('0002_order_note')).toMatchObject({
      rollback: { bytes: 3, sha256: sha256Hex(Buffer.from([0x53, 0xff, 0xfe])) },
      problem: expect.stringMatching(/^0002_rollback\.sql.*UTF-8/),
    });
    expect(matches.get('0003_coupons')?.problem).toMatch(/^0003_rollback\.sql, line 3: /);
  });

  it('sees a script that was mended since', async () => {
    await writeFile(down('0001_rollback.sql'), '');
    expect(await problemOf('0001_orders')).toBeDefined();
    await writeFile(down('0001_rollback.sql'), 'DROP TABLE orders;');
    expect(await problemOf('0001_orders')).toBeUndefined();
  });

  it('does not follow a link out of it', async () => {
    await rename(down('0001_rollback.sql'), `${sample.target.rollbacks}.sql`);
    await symlink(`${sample.target.rollbacks}.sql`, down('0001_rollback.sql'));
    expect(await problemOf('0001_orders')).toMatch(/0001_rollback\.sql is a link that leads out/);
    await rm(down('0001_rollback.sql'));
    await symlink('nowhere', down('0001_rollback.sql'));
    expect(await problemOf('0001_orders')).toMatch(/can’t be read \(ENOENT\)/);
  });

  it('gives nobody a script whose number two migrations share', async () => {
    const twins = ['0001_orders', '0001_twin'];
    const { matches, problems } = await readRollbackFolder(sample.target, setOf(twins));
    for (const tag of twins) {
      expect(matches.get(tag)).toMatchObject({
        rollback: undefined,
        problem: undefined,
        candidates: [
          {
            file: { name: '0001_rollback.sql', sql: SHOP[1]?.down },
            why: '0001_rollback.sql holds only the number that 0001_orders and 0001_twin have in common.',
            proof: undefined,
          },
        ],
      });
    }
    expect(problems.filter(({ code }) => code === 'ambiguous_rollback_file')).toHaveLength(2);
    const strict = await readRollbackFolder(
      { ...sample.target, rollbackPattern: '{number}_rollback.sql' },
      setOf(twins),
    );
    expect(strict.matches.get('0001_twin')).toEqual({
      rollback: undefined,
      problem:
        '0001_rollback.sql fits 0001_orders and 0001_twin. Name the scripts after the whole tag.',
      candidates: [],
    });
  });

  it('has candidates, of which an unreadable one keeps all from being decided', async () => {
    await rm(down('0001_rollback.sql'));
    await writeFile(down('0001_other_name.sql'), 'DROP TABLE orders;');
    expect((await rollbacks()).matches.get('0001_orders')).toMatchObject({
      rollback: undefined,
      problem: undefined,
      candidates: [{ file: { name: '0001_other_name.sql', pairedBy: 'number' } }],
    });
    await symlink('nowhere', down('0001_third_name.sql'));
    expect((await rollbacks()).matches.get('0001_orders')).toMatchObject({
      problem: expect.stringMatching(/^0001_third_name\.sql can’t be read \(ENOENT\)/),
      candidates: [{ file: { name: '0001_other_name.sql' } }],
    });
  });

  it('gives nobody one of two scripts that both fit', async () => {
    await writeFile(down('0001_other.sql'), 'SELECT 1;');
    const { matches } = await rollbacks({ rollbackPattern: '{number}_*.sql' });
    expect(matches.get('0001_orders')?.problem).toMatch(/both fit 0001_orders/);
    expect(matches.get('0002_order_note')?.problem).toBeUndefined();
  });

  it('may be the migrations folder, where a migration is never its own rollback', async () => {
    const beside = { ...sample.target, rollbacks: sample.target.migrations };
    await writeFile(up('0001_orders.down.sql'), 'DROP TABLE orders;');
    await writeFile(up('stray.sql'), 'SELECT 1;');
    const list = await listEntries(beside, []);
    expect(list.rollbackPattern).toBe('{tag}.down.sql');
    expect(list.entries.map((entry) => entry.rollback?.name)).toEqual([
      undefined,
      '0001_orders.down.sql',
      undefined,
      undefined,
    ]);
    expect(list.problems.map((problem) => problem.file)).toEqual(['stray.sql']);
    await expect(
      listEntries({ ...beside, rollbackPattern: '{tag}.sql' }, []),
    ).rejects.toMatchObject({ code: 'rollback_folder_invalid' });
    await symlink(sample.target.migrations, `${sample.target.rollbacks}-link`);
    await expect(
      listEntries(
        { ...beside, rollbacks: `${sample.target.rollbacks}-link`, rollbackPattern: '{tag}.sql' },
        [],
      ),
    ).rejects.toMatchObject({ code: 'rollback_folder_invalid' });
  });

  it('is refused when it does not exist', async () => {
    await expect(rollbacks({ rollbacks: '/nowhere/at/all' })).rejects.toMatchObject({
      code: 'rollback_folder_invalid',
      message: expect.stringMatching(/\/nowhere\/at\/all .* does not exist\. Create it/),
    });
  });
});

describe('the list', () => {
  it('is refused when the foundation names no migration', async () => {
    await expect(listEntries({ ...sample.target, foundation: '0042' }, [])).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining("The foundation '0042' of 'shop-production'"),
    });
  });
});
