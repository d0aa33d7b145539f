import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { ParsedScript } from '@/lib/core/statement';
import { parseScript } from './index';

const tracking = { schema: 'drizzle', table: '__drizzle_migrations' };

function parse(sql: string | Uint8Array): Promise<ParsedScript> {
  return parseScript(typeof sql === 'string' ? Buffer.from(sql) : sql, { tracking });
}

async function statementsOf(sql: string) {
  const parsed = await parse(sql);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.refusals));
  return parsed.statements;
}

async function refusalsOf(sql: string | Uint8Array) {
  const parsed = await parse(sql);
  return parsed.ok ? [] : parsed.refusals;
}

describe('cutting a script into statements', () => {
  test('gives each statement with its line, kind and own bytes', async () => {
    const statements = await statementsOf(
      '-- undo 0031\nALTER TABLE tasks\n  DROP COLUMN result /* é */;\n\n-- then\nDROP INDEX "a;b" ;DROP TABLE c',
    );
    expect(statements).toMatchObject([
      {
        index: 0,
        line: 2,
        kind: 'AlterTableStmt',
        text: 'ALTER TABLE tasks\n  DROP COLUMN result /* é */',
        transactional: true,
      },
      { index: 1, line: 6, kind: 'DropStmt', text: 'DROP INDEX "a;b"' },
      { index: 2, line: 6, kind: 'DropStmt', text: 'DROP TABLE c' },
    ]);
  });

  test('does not cut inside a function body', async () => {
    const body =
      'CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END';
    const statements = await statementsOf(`${body};\nSELECT 3;`);
    expect(statements.map((statement) => statement.text)).toEqual([body, 'SELECT 3']);
  });

  test('counts lines after characters outside of the basic plane', async () => {
    const statements = await statementsOf("SELECT '😀\n😀';\r\n\r\nSELECT 2;");
    expect(statements.map((statement) => statement.line)).toEqual([1, 4]);
  });

  test('keeps a no-break space, which is part of a name', async () => {
    const [statement] = await statementsOf('DROP TABLE a\u00a0;');
    expect(statement?.text).toBe('DROP TABLE a\u00a0');
  });

  test('strips a byte order mark and says so', async () => {
    const parsed = await parse(`\uFEFFDROP TABLE a;`);
    expect(parsed).toMatchObject({ ok: true, remarks: [expect.stringContaining('byte order')] });
  });

  test('gives the same frozen object for the same bytes', async () => {
    const [first, second] = [await parse('DROP TABLE once;'), await parse('DROP TABLE once;')];
    expect(second).toBe(first);
    expect(Object.isFrozen(first.ok && first.statements[0]?.hazards)).toBe(true);
  });

  test('keeps the results for two tracking tables apart', async () => {
    const script = Buffer.from('INSERT INTO drizzle.__drizzle_migrations VALUES (1);');
    const own = await parseScript(script, { tracking });
    const other = await parseScript(script, { tracking: { schema: 'app', table: 'log' } });
    expect([own.ok, other.ok]).toEqual([false, true]);
  });

  test('reads 10,000 statements in seconds', async () => {
    const script = Array.from(
      { length: 10_000 },
      (_, i) => `ALTER TABLE "t${i}" DROP COLUMN IF EXISTS c, ADD COLUMN d text DEFAULT 'a;b';\n`,
    ).join('');
    const started = performance.now();
    const statements = await statementsOf(script);
    expect(performance.now() - started).toBeLessThan(15_000);
    expect(statements).toHaveLength(10_000);
    expect(statements.at(-1)).toMatchObject({ line: 10_000, index: 9_999 });
  });

  test('accepts every rollback script of the sample application', async () => {
    const folder = new URL('../../rollback-sql/agentim/', import.meta.url);
    const files = (await readdir(folder)).filter((name) => name.endsWith('.sql'));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const parsed = await parse(await readFile(new URL(file, folder)));
      expect(parsed, file).toMatchObject({ ok: true });
    }
  });
});

describe('a transaction around the script', () => {
  test.each([
    'BEGIN;\nDROP TABLE a;\nCOMMIT;',
    'begin transaction; DROP TABLE a; end',
    '-- x\nSTART TRANSACTION;\nDROP TABLE a;\nCOMMIT WORK;\n-- y\n',
  ])('is taken off: %s', async (script) => {
    const parsed = await parse(script);
    expect(parsed).toMatchObject({
      ok: true,
      unwrapped: true,
      statements: [{ index: 0, text: 'DROP TABLE a' }],
      remarks: [expect.stringContaining('BEGIN and COMMIT')],
    });
  });

  test.each([
    ['BEGIN; DROP TABLE a;', 1],
    ['DROP TABLE a;\nCOMMIT;', 1],
    ['BEGIN; DROP TABLE a; ROLLBACK;', 2],
    ['BEGIN; DROP TABLE a; COMMIT; DROP TABLE b;', 2],
    ['BEGIN; SAVEPOINT s; DROP TABLE a; COMMIT;', 3],
    ['BEGIN ISOLATION LEVEL SERIALIZABLE; DROP TABLE a; COMMIT;', 2],
    ['BEGIN; DROP TABLE a; COMMIT AND CHAIN;', 2],
    ["PREPARE TRANSACTION 'x';", 1],
    ['SET TRANSACTION READ ONLY;', 1],
    ['SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY;', 1],
    ['SET default_transaction_read_only = on;', 1],
  ])('is refused when it is anything else: %s', async (script, count) => {
    const refusals = await refusalsOf(script);
    expect(refusals.map((refusal) => refusal.code)).toEqual(
      Array.from({ length: count }, () => 'transaction_control'),
    );
  });

  test.each([
    ['DO $$\nBEGIN\n  PERFORM 1;\n  COMMIT;\nEND $$;', 4],
    ["DO LANGUAGE plpgsql 'BEGIN\nROLLBACK; END';", 2],
    [
      'CREATE PROCEDURE p()\nLANGUAGE plpgsql AS $x$\nBEGIN\n  DELETE FROM a;\n  COMMIT;\nEND $x$;',
      5,
    ],
    ['DO $$ BEGIN IF true THEN\nDO $i$ BEGIN\nCOMMIT; END $i$; END IF; END $$;', 3],
    ["DO $$ BEGIN\nEXECUTE 'savepoint a'; END $$;", 2],
    // A loop over an undeclared variable is beyond libpg-query: read token by token.
    ['DO $$ BEGIN\nFOREACH x IN ARRAY y LOOP\nDELETE FROM a; COMMIT; END LOOP; END $$;', 3],
  ])('is found inside a code block: %s', async (script, line) => {
    expect(await refusalsOf(script)).toMatchObject([{ code: 'transaction_control', line }]);
  });

  test('ON COMMIT DROP and a column named commit are no transaction control', async () => {
    const script =
      'CREATE TEMP TABLE t ON COMMIT DROP AS SELECT 1 AS "commit";\n' +
      "DO $$ BEGIN RAISE NOTICE 'commit; rollback;'; END $$;\n" +
      'CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN NULL; END $$;';
    expect(await refusalsOf(script)).toEqual([]);
  });
});

describe('a file that is no script', () => {
  test.each<[string, string | Uint8Array, string, number | undefined]>([
    ['empty', '', 'empty', undefined],
    ['only spaces', ' \r\n\t', 'empty', undefined],
    ['only comments', '-- nothing\n/* here */;;', 'empty', undefined],
    ['a wrapper around nothing', 'BEGIN; COMMIT;', 'empty', undefined],
    ['not UTF-8', Buffer.from('SELECT 1;\nSELECT \xff;\n', 'latin1'), 'not_utf8', 2],
    ['UTF-16 with its mark', Buffer.from('\uFEFFSELECT 1', 'utf16le'), 'not_utf8', 1],
    ['UTF-16 without', Buffer.from('SELECT 1', 'utf16le'), 'nul_byte', 1],
    ['a NUL byte', 'SELECT 1;\n\0', 'nul_byte', 2],
    ['too many bytes', Buffer.alloc(8 * 1024 * 1024 + 1, ' '), 'too_large', undefined],
    ['an expression without end', `SELECT 1${'+1'.repeat(200_000)};`, 'too_large', undefined],
    ['a syntax error', 'DROP TABLE a;\n\nDROP TABEL b;', 'syntax_error', 3],
    ['an error after wide characters', "SELECT '😀😀';\nSELEC 1;", 'syntax_error', 2],
    ['an open string', "SELECT 1;\nSELECT 'a\nb\nc", 'syntax_error', 2],
    ['an open comment', 'SELECT 1;\n/* a\nb', 'syntax_error', 2],
    ['an open dollar quote', 'SELECT 1;\nSELECT $x$ a\n$$', 'syntax_error', 2],
  ])('%s', async (_, script, code, line) => {
    expect(await refusalsOf(script)).toMatchObject([{ code, line }]);
  });

  test('a reason makes an empty script a statement of intent', async () => {
    const parsed = await parse(
      '-- 0036 only fills a cache\n-- backstep: no-op because caches refill\n',
    );
    expect(parsed).toMatchObject({ ok: true, statements: [] });
    expect(parsed.ok && parsed.remarks).toEqual(['No statements, on purpose: caches refill']);
  });

  test.each(['-- backstep: no-op because \n', '/* -- backstep: no-op because x */', '-- no-op'])(
    'a reason has to be there, in a comment of its own: %s',
    async (script) => {
      expect(await refusalsOf(script)).toMatchObject([{ code: 'empty' }]);
    },
  );

  test('the text of an open string is not repeated in full', async () => {
    const [refusal] = await refusalsOf(`SELECT '${'x'.repeat(5_000)}`);
    expect(refusal?.message.length).toBeLessThan(200);
  });

  test('the parser survives many scripts that overflow it', async () => {
    for (let i = 0; i < 60; i += 1) {
      expect(await refusalsOf(`SELECT ${i}${'+1'.repeat(60_000)};`)).toMatchObject([
        { code: 'too_large' },
      ]);
    }
    expect(await statementsOf('SELECT 1;')).toHaveLength(1);
  });
});

describe('commands of psql', () => {
  test('are named with their lines, all of them', async () => {
    const script =
      "\\set ON_ERROR_STOP on\n\\echo it's\nDROP TABLE a;\nSELECT 'x' \\gexec\nDROP TABLE b;\n\\! ls\n\\";
    const refusals = await refusalsOf(script);
    expect(refusals.map(({ code, line }) => [code, line])).toEqual(
      [1, 2, 4, 6, 7].map((line) => ['psql_meta_command', line]),
    );
    expect(refusals[0]?.message).toContain('\\set ');
    expect(refusals[3]?.message).toContain('\\! ');
  });

  test('are no commands inside of strings, comments and quoted names', async () => {
    const script =
      "SELECT 'a\n\\d', $$\n\\d\n$$, E'\\\\\n\\'\\d';\n-- \\d\n/*\n\\d /* \\d */ */ SELECT 1 AS \"\n\\d\";";
    expect(await statementsOf(script)).toHaveLength(2);
  });

  test('COPY with its rows is refused as what it is', async () => {
    const script = 'DROP TABLE a;\nCOPY b (c) FROM stdin;\n1\t\\N\nx\t2\n\\.\n\nSELECT 1;';
    expect(await refusalsOf(script)).toMatchObject([{ code: 'copy_from_stdin', line: 2 }]);
    expect(await refusalsOf('COPY b FROM stdin;\n\\.\n')).toMatchObject([
      { code: 'copy_from_stdin', line: 1 },
    ]);
  });
});

describe('statements that must not run', () => {
  test.each<[string, string]>([
    ['COPY a FROM STDIN', 'copy_from_stdin'],
    ["COPY a FROM '/tmp/x'", 'forbidden_statement'],
    ["COPY a FROM PROGRAM 'ls'", 'forbidden_statement'],
    ['COPY a TO STDOUT', 'forbidden_statement'],
    ["SET lock_timeout = '1h'", 'loosens_timeout'],
    ['SET LOCAL statement_timeout TO 0', 'loosens_timeout'],
    ['SET lock_timeout = 3001', 'loosens_timeout'],
    ["SET lock_timeout TO '1min'", 'loosens_timeout'],
    ['SET lock_timeout TO DEFAULT', 'loosens_timeout'],
    ['RESET lock_timeout', 'loosens_timeout'],
    ['SET LOCAL "Lock_Timeout" TO 0', 'loosens_timeout'],
    ['RESET idle_in_transaction_session_timeout', 'loosens_timeout'],
    ['SET transaction_timeout = 0', 'loosens_timeout'],
    ["SELECT set_config('lock_timeout', '0', true)", 'loosens_timeout'],
    ["SELECT pg_catalog.set_config('Statement_Timeout'::text, '0', false)", 'loosens_timeout'],
    ["SELECT set_config(name, '0', false) FROM pg_settings", 'loosens_timeout'],
    ["DO $$ BEGIN PERFORM set_config('lock_timeout', '0', true); END $$", 'loosens_timeout'],
    [
      "DO $$ DECLARE x text := set_config('lock_timeout', '0', true); BEGIN END $$",
      'loosens_timeout',
    ],
    [
      "DO $$ DECLARE x text; BEGIN x := set_config('lock_timeout', '0', true); END $$",
      'loosens_timeout',
    ],
    ['DO $$ BEGIN SET LOCAL lock_timeout = 0; END $$', 'loosens_timeout'],
    ["DO $$ BEGIN EXECUTE 'SET lock_timeout = 0'; END $$", 'loosens_timeout'],
    ['SET ROLE postgres', 'changes_role'],
    ['SET LOCAL ROLE postgres', 'changes_role'],
    ['RESET ROLE', 'changes_role'],
    ['SET SESSION AUTHORIZATION postgres', 'changes_role'],
    ["SELECT set_config('role', 'postgres', true)", 'changes_role'],
    ['RESET ALL', 'changes_role'],
    ['DISCARD ALL', 'changes_role'],
    ["SET client_encoding = 'LATIN1'", 'forbidden_statement'],
    ["SET NAMES 'LATIN1'", 'forbidden_statement'],
    ['SET standard_conforming_strings = off', 'forbidden_statement'],
    ['DROP DATABASE d', 'forbidden_statement'],
    ['CREATE DATABASE d', 'forbidden_statement'],
    ['ALTER DATABASE d RENAME TO e', 'forbidden_statement'],
    ['ALTER DATABASE d SET TABLESPACE t', 'forbidden_statement'],
    ['ALTER SYSTEM SET fsync = off', 'forbidden_statement'],
    ["CREATE TABLESPACE t LOCATION '/x'", 'forbidden_statement'],
    ['DROP TABLESPACE t', 'forbidden_statement'],
    ['SELECT pg_terminate_backend(pid) FROM pg_stat_activity', 'forbidden_statement'],
    ['SELECT pg_advisory_unlock_all()', 'forbidden_statement'],
    ["DO $$ BEGIN PERFORM dblink_exec('x', 'DROP TABLE a'); END $$", 'forbidden_statement'],
    ['DO $$ BEGIN VACUUM a; END $$', 'non_transactional'],
    ["DO $$ BEGIN EXECUTE 'DROP INDEX CONCURRENTLY i'; END $$", 'non_transactional'],
    ["SET application_name = 'mine'", 'forbidden_statement'],
    ["SET LOCAL Application_Name TO 'mine'", 'forbidden_statement'],
    ['RESET application_name', 'forbidden_statement'],
    ["SELECT set_config('application_name', 'mine', true)", 'forbidden_statement'],
    ["DO $$ BEGIN SET application_name = 'mine'; END $$", 'forbidden_statement'],
    ["CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p", 'non_transactional'],
    ['DROP SUBSCRIPTION s', 'non_transactional'],
    ["INSERT INTO drizzle.__drizzle_migrations (hash) VALUES ('x')", 'tracking_table_write'],
    ["INSERT INTO __drizzle_migrations (hash) VALUES ('x')", 'tracking_table_write'],
    ['UPDATE drizzle.__drizzle_migrations SET hash = NULL', 'tracking_table_write'],
    ['TRUNCATE a, drizzle.__drizzle_migrations', 'tracking_table_write'],
    ['DROP TABLE IF EXISTS drizzle.__drizzle_migrations', 'tracking_table_write'],
    ['DROP SCHEMA drizzle', 'tracking_table_write'],
    ['ALTER SCHEMA drizzle RENAME TO d', 'tracking_table_write'],
    ['ALTER TABLE drizzle.__drizzle_migrations DISABLE TRIGGER ALL', 'tracking_table_write'],
    ['ALTER TABLE drizzle.__drizzle_migrations RENAME TO m', 'tracking_table_write'],
    ['ALTER TABLE drizzle.__drizzle_migrations RENAME COLUMN id TO i', 'tracking_table_write'],
    ['ALTER TABLE drizzle.__drizzle_migrations SET SCHEMA public', 'tracking_table_write'],
    ['DROP TRIGGER backstep_fence ON drizzle.__drizzle_migrations', 'tracking_table_write'],
    [
      'CREATE RULE r AS ON DELETE TO drizzle.__drizzle_migrations DO INSTEAD NOTHING',
      'tracking_table_write',
    ],
    [
      "WITH x AS (INSERT INTO drizzle.__drizzle_migrations (hash) VALUES ('x') RETURNING 1) SELECT 1",
      'tracking_table_write',
    ],
    ['DO $$ BEGIN UPDATE drizzle.__drizzle_migrations SET id = 1; END $$', 'tracking_table_write'],
    ['PREPARE x AS UPDATE drizzle.__drizzle_migrations SET id = 1', 'tracking_table_write'],
    ['EXPLAIN ANALYZE UPDATE drizzle.__drizzle_migrations SET id = 1', 'tracking_table_write'],
  ])('%s', async (statement, code) => {
    const refusals = await refusalsOf(`SELECT 1;\n${statement};`);
    expect(refusals).toMatchObject([{ code, line: 2 }]);
    expect(refusals[0]?.message).toMatch(/\.$/);
  });

  test.each([
    "DELETE FROM drizzle.__drizzle_migrations WHERE hash = 'x'",
    "DELETE FROM __drizzle_migrations WHERE name = '0031'",
    'SELECT * FROM drizzle.__drizzle_migrations',
    "INSERT INTO app.__drizzle_migrations VALUES ('another table')",
    'LOCK TABLE a IN ACCESS EXCLUSIVE MODE',
    "NOTIFY changed, 'x'",
    "SET LOCAL search_path = 'app', public",
    "SET TIME ZONE 'UTC'",
    "SET client_encoding = 'UTF8'",
    'SET standard_conforming_strings = on',
    "SELECT set_config('search_path', '', false)",
    "ALTER ROLE app SET search_path = 'app'",
    'DROP SCHEMA app',
    "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'x'",
    'REINDEX TABLE a',
    'CLUSTER a USING i',
    'ANALYZE a',
    'REFRESH MATERIALIZED VIEW CONCURRENTLY m',
    'CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ UPDATE drizzle.__drizzle_migrations SET id = 1 $$',
    'CALL tidy_up()',
  ])('%s is allowed', async (statement) => {
    expect(await refusalsOf(`${statement};`)).toEqual([]);
  });

  test.each([
    'VACUUM a',
    'CREATE INDEX CONCURRENTLY i ON a (b)',
    'DROP INDEX CONCURRENTLY IF EXISTS i',
    'REINDEX INDEX CONCURRENTLY i',
    'REINDEX (CONCURRENTLY) TABLE a',
    'REINDEX SCHEMA public',
    'CLUSTER',
    'ALTER TABLE a DETACH PARTITION b CONCURRENTLY',
  ])(
    '%s is no statement of a transaction: marked, and refused where it can only fail',
    async (sql) => {
      const [before, statement] = await statementsOf(`SELECT 1;\n${sql};`);
      expect(before?.transactional).toBe(true);
      expect(statement).toMatchObject({ transactional: false, line: 2 });
      const hazard = statement?.hazards.find(({ code }) => code === 'not_transactional');
      expect(hazard).toMatchObject({ severity: 'warn' });
      expect(hazard?.detail).toMatch(/\.$/);
      expect(hazard?.safer).toMatch(/\.$/);
      const wrapped = await refusalsOf(`BEGIN;\nSELECT 1;\n${sql};\nCOMMIT;`);
      expect(wrapped).toMatchObject([{ code: 'non_transactional', line: 3 }]);
      const inBlock = await refusalsOf(`DO $$ BEGIN\n${sql}; END $$;`);
      expect(inBlock).toMatchObject([{ code: 'non_transactional', line: 2 }]);
    },
  );

  test('all reasons are given, in the order of the file', async () => {
    const refusals = await refusalsOf(
      'SET lock_timeout = 0;\nDROP TABLE a;\nDO $$ BEGIN VACUUM; END $$;\n\\d\nDROP DATABASE d;',
    );
    expect(refusals.map(({ code, line }) => [line, code])).toEqual([
      [1, 'loosens_timeout'],
      [3, 'non_transactional'],
      [4, 'psql_meta_command'],
      [5, 'forbidden_statement'],
    ]);
  });
});
