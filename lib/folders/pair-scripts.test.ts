import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leadingComment } from './leading-comment';
import { pairScripts, type ScriptFile } from './pair-scripts';
import { namingOf } from './script-naming';

const TAGS = ['0000_init', '0020_users', '0021_posts', '0034_unique_names', '0035_timestamps'];
const FOLDERS = ['20260101000000_init', '20260102000000_users'];

const file = (path: string, text = ''): ScriptFile => ({ path, comment: leadingComment(text) });

/** `tag <- path (how)` for each migration that has something. */
function outcome(tags: readonly string[], ...files: (string | ScriptFile)[]) {
  const { paired, candidates, orphans } = pairScripts(
    tags,
    files.map((one) => (typeof one === 'string' ? file(one) : one)),
  );
  return [
    ...[...paired].map(([tag, { path, by }]) => `${tag} <- ${path} (${by})`),
    ...[...candidates].flatMap(([tag, some]) => some.map(({ path }) => `${tag} ? ${path}`)),
    ...orphans.map(({ path }) => `orphan ${path}`),
  ];
}

describe('names of scripts', () => {
  it.each([
    ['0034_rollback.sql', 'number'],
    ['0034.rollback.sql', 'number'],
    ['0034-down.sql', 'number'],
    ['rollback_0034.sql', 'number'],
    ['down.34.SQL', 'number'],
    ['34.sql', 'number'],
    ['00034_undo.sql', 'number'],
    ['rollback/0034.sql', 'number'],
    ['0034/down.sql', 'number'],
    ['0034_unique_names.down.sql', 'tag'],
    ['0034_unique_names.rollback.sql', 'tag'],
    ['0034_unique_names_rollback.sql', 'tag'],
    ['0034_unique_names-REVERT.sql', 'tag'],
    ['undo_0034_unique_names.sql', 'tag'],
    ['0034_rollback_unique_names.sql', 'tag'],
    ['rollback/0034_unique_names.sql', 'tag'],
    ['down/0034_unique_names.down.sql', 'tag'],
    ['0034_unique_names/rollback.sql', 'tag'],
    ['0034_unique_names/down/migration.sql', 'tag'],
  ])('%s belongs by its %s', (path, by) => {
    expect(outcome(TAGS, path)).toEqual([`0034_unique_names <- ${path} (${by})`]);
  });

  it.each([
    ['20260102000000_users/rollback.sql', 'tag'],
    ['20260102000000_users/down.sql', 'tag'],
    ['20260102000000_users/migration.down.sql', 'tag'],
    ['20260102000000_users.down.sql', 'tag'],
    ['20260102000000_rollback.sql', 'number'],
  ])('of 1.0 folders: %s belongs by its %s', (path, by) => {
    expect(outcome(FOLDERS, path)).toEqual([`20260102000000_users <- ${path} (${by})`]);
  });

  it.each([
    ['0021_drop_feature_tables.sql', '0021_posts'],
    ['0034_unique_name.down.sql', '0034_unique_names'],
    ['0000_initial_schema.down.sql', '0000_init'],
    ['0034down.sql', '0034_unique_names'],
    ['0034_unique_names/0021_rollback.sql', '0034_unique_names'],
    ['0034_unique_names/seed.down.sql', '0034_unique_names'],
    ['0034_unique_names/0021_posts.down.sql', '0021_posts'],
  ])('%s is a candidate of %s, and nothing more', (path, tag) => {
    expect(outcome(TAGS, path)).toEqual([`${tag} ? ${path}`]);
  });

  it.each(['0099_rollback.sql', 'cleanup.sql', 'rollback/down.sql', 'unique_names.down.sql'])(
    '%s belongs to nothing',
    (path) => {
      expect(outcome(TAGS, path)).toEqual([`orphan ${path}`]);
    },
  );

  it('may hold a tag that has a word for down in itself', () => {
    const tags = ['0011_log', '0012_undo_log', '0013_down_payment'];
    expect(
      outcome(
        tags,
        '0012_undo_log.down.sql',
        'rollback/0013_down_payment.sql',
        '0011_undo_log.sql',
      ),
    ).toEqual([
      '0011_log <- 0011_undo_log.sql (tag)',
      '0012_undo_log <- 0012_undo_log.down.sql (tag)',
      '0013_down_payment <- rollback/0013_down_payment.sql (tag)',
    ]);
    // The name can be read in two ways: nobody gets it without a proof.
    expect(outcome(['0012_undo_log', '0012_log_undo'], '0012_undo_log_undo.sql')).toEqual([
      '0012_undo_log ? 0012_undo_log_undo.sql',
      '0012_log_undo ? 0012_undo_log_undo.sql',
    ]);
  });
});

describe('several files', () => {
  it('of which one has the whole tag are decided by it', () => {
    const pairing = pairScripts(TAGS, [
      file('0034_rollback.sql'),
      file('0034_unique_names.down.sql'),
      file('0034_drop_all.sql'),
    ]);
    expect(pairing.paired.get('0034_unique_names')).toEqual({
      path: '0034_unique_names.down.sql',
      by: 'tag',
    });
    expect(pairing.candidates.size).toBe(0);
    expect(pairing.orphans.map(({ reason }) => reason)).toEqual([
      '0034_drop_all.sql is not used: 0034_unique_names has 0034_unique_names.down.sql, which fits better.',
      '0034_rollback.sql is not used: 0034_unique_names has 0034_unique_names.down.sql, which fits better.',
    ]);
  });

  it('that fit equally well are candidates', () => {
    expect(outcome(TAGS, '0034_rollback.sql', 'down/0034.sql', '0034_x.sql')).toEqual([
      '0034_unique_names ? 0034_rollback.sql',
      '0034_unique_names ? down/0034.sql',
      '0034_unique_names ? 0034_x.sql',
    ]);
    const names = ['0034_unique_names.down.sql', '0034_unique_names_rollback.sql'];
    expect(outcome(TAGS, ...names, '0034.sql')).toEqual([
      ...names.map((name) => `0034_unique_names ? ${name}`),
      'orphan 0034.sql',
    ]);
  });

  it('of a number that two migrations share are candidates of both', () => {
    const twins = ['0005_a', '0005_b'];
    expect(outcome(twins, '0005_rollback.sql', '0005_c.sql')).toEqual([
      '0005_a ? 0005_c.sql',
      '0005_a ? 0005_rollback.sql',
      '0005_b ? 0005_c.sql',
      '0005_b ? 0005_rollback.sql',
    ]);
    expect(outcome(twins, '0005_rollback.sql', '0005_a.down.sql')).toEqual([
      '0005_a <- 0005_a.down.sql (tag)',
      '0005_b ? 0005_rollback.sql',
    ]);
  });
});

describe('the leading comment', () => {
  const of0034 = (text: string) => outcome(TAGS, file('0034_rollback.sql', text));
  const BELONGS = ['0034_unique_names <- 0034_rollback.sql (number)'];
  const ASKS = ['0034_unique_names ? 0034_rollback.sql'];

  it.each([
    '',
    'DROP INDEX names; -- 0020_users',
    '-- Rollback 0034: remove unique name indexes, 2026_03_01',
    '-- rollback/0034_rollback.sql',
    '-- Rollback for 0034_unique_names.sql. Run it before 0020_users is undone.',
    '/* undoes\n drizzle/0034_unique_names.sql */ DROP INDEX names;',
  ])('lets a number stand: %j', (text) => {
    expect(of0034(text)).toEqual(BELONGS);
  });

  it.each([
    '-- Rollback of 0020_users.sql',
    '/*\r\n * 0033_never_heard_of_it\r\n */',
    '\n\n-- first\n\n-- 0021_rollback.sql\nDROP TABLE posts;',
    '-- 0034_add_unique_names',
  ])('that names another migration takes it away: %j', (text) => {
    expect(of0034(text)).toEqual(ASKS);
  });

  it('says why', () => {
    const { candidates } = pairScripts(TAGS, [file('0021_rollback.sql', '-- for 0020_users')]);
    expect(candidates.get('0021_posts')).toEqual([
      {
        path: '0021_rollback.sql',
        by: 'number',
        why: 'The header of 0021_rollback.sql names 0020_users, not 0021_posts.',
      },
    ]);
  });

  it('that contradicts a whole tag is remarked on, and the tag stays', () => {
    const wrong = file('0021_posts.down.sql', '-- Rollback 0020_users');
    const { paired, remarks } = pairScripts(TAGS, [
      wrong,
      file('0020_users.down.sql', '-- see 0019_not_here'),
      file('0034_unique_names.down.sql', '-- 0034_unique_names, needs 0020_users'),
    ]);
    expect(paired.get('0021_posts')?.path).toBe('0021_posts.down.sql');
    expect(remarks).toEqual([
      {
        path: '0021_posts.down.sql',
        message:
          '0021_posts.down.sql is named after 0021_posts, and its header names 0020_users. Check that the script is in the right file.',
      },
    ]);
  });

  it('ends where the script begins, whatever the line ends are', () => {
    const text = '\uFEFF-- one\r\n\r\n/* two\r\n three */ -- four\r\nDROP TABLE a; -- five\r\n';
    expect(leadingComment(text)).toBe('one\ntwo\nthree\nfour');
    expect(leadingComment(text.replaceAll('\r\n', '\n'))).toBe('one\ntwo\nthree\nfour');
    expect(leadingComment('-- alone')).toBe('alone');
    expect(leadingComment('/* without end')).toBe('without end');
  });
});

it('the patterns in use are told, the most used first', () => {
  const { paired } = pairScripts(TAGS, [
    file('rollback/0020_rollback.sql'),
    file('rollback/0021_rollback.sql'),
    file('0034_unique_names.down.sql'),
    file('0035_timestamps/rollback.sql'),
  ]);
  expect(namingOf(paired)).toEqual([
    'rollback/{number}_rollback.sql',
    '{tag}.down.sql',
    '{tag}/rollback.sql',
  ]);
});

describe('whatever the folder holds', () => {
  const tag = fc
    .tuple(fc.nat(5), fc.constantFrom('a', 'b', 'undo_a', 'a_down', 'c-d'))
    .map(([number, name]) => `${String(number).padStart(4, '0')}_${name}`);
  const tags = fc.uniqueArray(tag, { maxLength: 6 });
  const path = fc
    .tuple(
      fc.constantFrom('', 'rollback/', 'down/', '0001/', '0002_a/'),
      fc.constantFrom('', 'rollback_', 'undo-', '0', '7_'),
      fc.oneof(tag, fc.nat(5).map(String), fc.constantFrom('x', '0003', 'b')),
      fc.constantFrom('', '.down', '_rollback', '.rollback', '-undo', '_x', '.revert.x'),
    )
    .map(([folder, before, core, after]) => `${folder}${before}${core}${after}.sql`);
  const comment = fc.oneof(
    fc.constant(''),
    tag.map((one) => `-- Rollback for ${one}.sql\n`),
    fc.tuple(tag, tag).map(([one, other]) => `-- ${one}\n-- then ${other}\n`),
  );
  const files = fc.uniqueArray(fc.record({ path, text: comment }), {
    selector: (one) => one.path,
    maxLength: 10,
  });
  const read = (some: readonly { path: string; text: string }[]) =>
    some.map((one) => file(one.path, `${one.text}DROP TABLE t;\n`));

  it('no script is paired with two migrations, and each file ends up somewhere', () => {
    fc.assert(
      fc.property(tags, files, (known, some) => {
        const { paired, candidates, orphans } = pairScripts(known, read(some));
        const sure = [...paired.values()].map((one) => one.path);
        expect(new Set(sure).size).toBe(sure.length);
        for (const one of paired.keys()) expect(candidates.has(one)).toBe(false);
        const unsure = new Set([...candidates.values()].flat().map((one) => one.path));
        for (const one of sure) expect(unsure.has(one)).toBe(false);
        const all = [...sure, ...unsure, ...orphans.map((one) => one.path)];
        expect([...all].sort()).toEqual(some.map((one) => one.path).sort());
      }),
      { numRuns: 1_000 },
    );
  });

  it('a whole tag wins against everything that is not one', () => {
    fc.assert(
      fc.property(tag, tags, files, (mine, known, others) => {
        const all = [...new Set([mine, ...known])];
        const script = { path: `rollback/${mine}.sql`, text: '' };
        const sure = pairScripts(all, read([script])).paired.get(mine);
        expect(sure).toEqual({ path: script.path, by: 'tag' });
        const rivals = others.filter(
          (one) => pairScripts(all, read([one])).paired.get(mine)?.by !== 'tag',
        );
        const among = read([...rivals.filter((one) => one.path !== script.path), script]);
        expect(pairScripts(all, among).paired.get(mine)).toEqual(sure);
      }),
      { numRuns: 500 },
    );
  });

  it('neither the order of the files nor their line ends change anything', () => {
    const shuffled = files.chain((some) =>
      fc.record({
        some: fc.constant(some),
        again: fc.shuffledSubarray(some, { minLength: some.length, maxLength: some.length }),
      }),
    );
    fc.assert(
      fc.property(tags, shuffled, (known, { some, again }) => {
        const crlf = again.map((one) => ({ ...one, text: one.text.replaceAll('\n', '\r\n') }));
        expect(pairScripts(known, read(crlf))).toEqual(pairScripts(known, read(some)));
      }),
      { numRuns: 500 },
    );
  });
});
