import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkArrows } from './arrows.mjs';

let root;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'backstep-arrows-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Writes files, given as text by path, and checks them. */
async function check(files) {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), text);
  }
  return checkArrows(root);
}

const EXISTING = {
  'lib/core/plan.ts': 'export const plan = 1;',
  'lib/control/index.ts': 'export const control = 1;',
  'lib/plan/index.ts': "export { pin } from './pin';",
  'lib/plan/pin.ts': 'export const pin = 1;',
  'lib/executor/main.ts': 'export const main = 1;',
  'lib/testing/database.ts': "import pg from 'pg'; export default pg;",
  'app/page.tsx': 'export default () => <p />;',
  'components/badge.tsx': 'export const Badge = () => <b />;',
};

describe('the arrows', () => {
  it('let through what goes downwards and through the doors', async () => {
    const problems = await check({
      ...EXISTING,
      'lib/core/rule.ts':
        "import { z } from 'zod'; import { createHash } from 'node:crypto'; import './plan';",
      'lib/run/index.ts': "import './start'; import '../control'; import type { Pool } from 'pg';",
      'lib/run/start.ts': '',
      'lib/run/run.test.ts': "import '@/lib/testing/database'; import '../plan/pin';",
      'lib/executor/tasks.ts': "import '@/lib/run'; import './main';",
      'lib/auth/index.ts': "import { cookies } from 'next/headers';",
      'components/list.tsx':
        "import type { plan } from '@/lib/core/plan'; import Link from 'next/link'; import './badge';",
      'app/list/page.tsx':
        "import { List } from '@/components/list'; import '@/lib/plan'; import '../page';",
    });
    expect(problems).toEqual([]);
  });

  it.each([
    ['lib/core/clock.ts', "import { readFile } from 'node:fs';", 'node:fs'],
    ['lib/core/query.ts', "import type { Pool } from 'pg';", 'npm:pg'],
    [
      'lib/core/context.ts',
      "export type { control } from '@/lib/control';",
      'lib/control/index.ts',
    ],
    ['components/row.tsx', "import { control } from '@/lib/control';", 'lib/control/index.ts'],
    ['components/row.tsx', "import { sql } from 'drizzle-orm/pg-core';", 'npm:drizzle-orm/pg-core'],
    ['lib/sql/split.ts', "import { pin } from '../plan';", 'lib/plan/index.ts'],
    ['lib/control/jobs.ts', "import { main } from '@/lib/executor/main';", 'lib/executor/main.ts'],
    ['lib/run/start.ts', "import { main } from '../executor/main';", 'lib/executor/main.ts'],
    ['lib/run/start.ts', "import { pin } from '../plan';", 'lib/plan/index.ts'],
    ['lib/run/start.ts', "import { pin } from '../plan/pin';", 'lib/plan/pin.ts'],
    ['lib/executor/tasks.ts', "import { pin } from '../plan/pin';", 'lib/plan/pin.ts'],
    ['lib/run/start.ts', "const { pin } = await import('@/lib/plan/pin');", 'lib/plan/pin.ts'],
    ['lib/run/start.ts', "type Pin = import('@/lib/plan/pin').Pin;", 'lib/plan/pin.ts'],
    ['app/actions.ts', "export * from '@/lib/plan/pin';", 'lib/plan/pin.ts'],
    ['app/actions.ts', "import pg from 'pg';", 'npm:pg'],
    ['lib/run/view.test.ts', "import Page from '@/app/page';", 'app/page.tsx'],
    ['lib/run/view.ts', "import { headers } from 'next/headers';", 'npm:next/headers'],
    ['lib/run/view.ts', "import '@/lib/testing/database';", 'lib/testing/database.ts'],
    ['lib/run/view.ts', "import './nowhere';", 'lib/run/nowhere'],
  ])('stop %s: %s', async (from, text, to) => {
    const problems = await check({ ...EXISTING, [from]: text });
    expect(problems).toEqual([expect.stringContaining(`${from} → ${to}: `)]);
  });

  it('find a circle over several files, but let types refer back', async () => {
    expect(
      await check({
        'lib/run/a.ts': "import './b';",
        'lib/run/b.ts': "import './c';",
        'lib/run/c.ts': "import './a';",
      }),
    ).toEqual([
      'lib/run/a.ts → lib/run/b.ts → lib/run/c.ts → lib/run/a.ts: a circle can only be understood as a whole.',
    ]);
    expect(await check({ 'lib/run/c.ts': "import type { A } from './a';" })).toEqual([]);
  });

  it('fail where there is nothing to check or a file cannot be read', async () => {
    await expect(checkArrows(root)).rejects.toThrow('No TypeScript file');
    await expect(check({ 'lib/run/a.ts': 'import { from;' })).rejects.toThrow('lib/run/a.ts');
  });
});
