import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { agentimMigrations, applyMigrations, cutMigrationsFolder } from '@/examples/agentim/apply';
import { acknowledgeDangers, tabTo } from './dangers';
import { query, sampleUrl, schemaDump } from './database';
import { windowOf } from './people';
import { expect, test } from './test';

test.describe.configure({ mode: 'serial' });

const TARGET = 'agentim-production';
const DANGERS = ['Rewrites bookmarks', 'Rewrites service_agents', 'Drops table revoked_tokens'];
const steps = (page: Page) => page.getByRole('navigation', { name: 'Steps' });
let url: string;
let dumpAt0035: string;

test.beforeAll(async () => {
  url = await sampleUrl('agentim_production');
  dumpAt0035 = await schemaDump(url);
});

/** What a booting image does: migrate() with the folder that it was built with. */
async function boot(toTag?: string): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'image-'));
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    if (toTag) await cutMigrationsFolder(agentimMigrations, toTag, folder);
    await migrate(drizzle(client), { migrationsFolder: toTag ? folder : agentimMigrations });
  } finally {
    await client.end();
    await rm(folder, { recursive: true, force: true });
  }
}

test('the on-call engineer plans, and the rehearsal starts by itself', async ({ browser }) => {
  const { page, context } = await windowOf(browser, 'oncall');
  await page.getByRole('link', { name: TARGET }).click();
  const table = page.getByRole('table', { name: 'Migrations' });
  const row = table.getByRole('row').filter({ hasText: '0032_add_service_agents_created_by_idx' });
  await row.getByRole('button', { name: /Roll back to here/ }).click();
  await expect(page.getByText(/undo 3 migrations/)).toBeVisible();

  // The reason is required.
  await page.getByRole('button', { name: 'Create rollback' }).click();
  await expect(page).toHaveURL(/targets/);
  await page.getByLabel('Reason').fill('Deploy 2026.10.2 breaks bookmarks');
  await page.getByLabel('Incident').fill('INC-482');
  await page.getByRole('button', { name: 'Create rollback' }).click();
  await expect(page).toHaveURL(/\/rollbacks\/RB-0001/);

  // The rehearsal has started by itself.
  await steps(page)
    .getByRole('link', { name: /Preview/ })
    .click();
  await expect(page.getByText(/Rehearsed: all 3 steps passed/)).toBeVisible({
    timeout: 60_000,
  });
  await expect(page.getByText('0035_fix_timestamp_column_types').first()).toBeVisible();
  await expect(page.getByText(/DROP TABLE IF EXISTS/).first()).toBeVisible();
  await context.close();
});

test('the preview says what each script is worth, and what it takes from the live target', async ({
  browser,
}) => {
  const { page, context } = await windowOf(browser, 'oncall');
  await page.goto('/rollbacks/RB-0001?step=preview');
  for (const [tag, grade] of [
    ['0035_fix_timestamp_column_types', 'Proven, loses data'],
    ['0034_add_unique_name_indexes', 'Proven exact'],
    ['0033_add_revoked_tokens', 'Proven, loses data'],
  ] as const) {
    const step = page.getByRole('region', { name: tag, exact: true });
    await expect(step.getByRole('group').filter({ hasText: 'Round trip' })).toContainText(grade);
  }

  // The ledger's figures are those of the database.
  const [live] = await query<{ tokens: number; bookmarks: number; cut: number }>(
    url,
    `SELECT (SELECT count(*)::int FROM revoked_tokens) AS tokens,
            (SELECT count(created_at)::int FROM bookmarks) AS bookmarks,
            (SELECT count(*)::int FROM bookmarks
              WHERE date_trunc('milliseconds', created_at) <> created_at) AS cut`,
  );
  const { tokens = 0, bookmarks = 0, cut = 0 } = live ?? {};
  expect(tokens).toBeGreaterThan(0);
  const dropped = page.getByRole('region', { name: '0033_add_revoked_tokens', exact: true });
  await dropped.getByRole('tab', { name: /Data loss/ }).click();
  await expect(dropped.getByRole('row').filter({ hasText: 'public.revoked_tokens' })).toContainText(
    `${tokens.toLocaleString('en-US')} rows`,
  );
  // The timestamps become text again: only what is finer than a millisecond does not come through.
  const retyped = page.getByRole('region', {
    name: '0035_fix_timestamp_column_types',
    exact: true,
  });
  await retyped.getByRole('tab', { name: /Data loss/ }).click();
  await expect(
    retyped.getByRole('row').filter({ hasText: 'public.bookmarks.created_at' }),
  ).toContainText(`${cut} of ${bookmarks.toLocaleString('en-US')} values`);
  await dropped.getByRole('tab', { name: /Schema diff/ }).click();
  await expect(dropped.getByText('public.revoked_tokens').first()).toBeVisible();

  // What the next migrate() would do, before and after.
  await steps(page).getByRole('link', { name: /Plan/ }).click();
  const forecast = page.getByRole('region', { name: 'The next migrate() after this rollback' });
  await expect(forecast).toContainText('would apply 0033, 0034 and 0035 again');
  await expect(forecast).toContainText(
    'Before this rollback it would apply 0036, 0037, 0038, 0039, 0040 and 0041',
  );
  await context.close();
});

test('approval can’t be asked for before every danger is acknowledged, here by keyboard', async ({
  browser,
}) => {
  const { page, context } = await windowOf(browser, 'oncall');
  await page.goto('/rollbacks/RB-0001?step=backup');
  await page.getByRole('button', { name: 'Take backup' }).click();
  await expect(page.getByText('Confirmed', { exact: true }).first()).toBeVisible({
    timeout: 90_000,
  });

  await steps(page)
    .getByRole('link', { name: /Approval/ })
    .click();
  await page.getByRole('button', { name: 'Read the dangers' }).click();
  await expect(page).toHaveURL(/step=preview/);
  const ask = page.getByRole('button', { name: 'Request approval' });
  await expect(ask).toHaveAttribute('aria-disabled', 'true');
  await expect(ask).toHaveAccessibleDescription(/3 dangers have not been acknowledged/);
  await ask.click({ force: true });
  await expect(page.getByText('Waiting for approval')).toHaveCount(0);

  await acknowledgeDangers(page, DANGERS, 'keyboard');
  await expect(ask).not.toHaveAttribute('aria-disabled', 'true');
  await tabTo(page, ask);
  await page.keyboard.press('Enter');
  await expect(page.getByText('Waiting for approval').first()).toBeVisible();
  // Nobody decides what they asked for themselves.
  await expect(page.getByRole('button', { name: 'Approve', exact: true })).toBeHidden();
  await context.close();
});

test('the reviewer finds it under pending approvals and approves', async ({ browser }) => {
  const { page, context } = await windowOf(browser, 'reviewer');
  await page.goto('/rollbacks?status=awaiting_approval');
  await expect(page.getByText('Pending approvals').first()).toBeVisible();
  await page.getByRole('link', { name: 'RB-0001' }).click();
  const taken = page.getByRole('region', { name: 'Dangers taken on' });
  await expect(taken).toContainText('3 of 3 acknowledged');
  for (const danger of DANGERS) {
    await expect(taken.getByRole('listitem').filter({ hasText: danger })).toContainText(
      'Acknowledged by Maya Okafor',
    );
  }
  await expect(
    page.getByRole('table', { name: 'What is lost' }).getByRole('row').filter({
      hasText: 'public.revoked_tokens',
    }),
  ).toBeVisible();
  await expect(page.getByRole('region', { name: 'Scripts' })).toContainText('Proven exact');
  await page.getByLabel('Comment').fill('Read the diff: tokens and indexes only.');
  await page.getByRole('button', { name: 'Approve', exact: true }).click();
  await expect(page.getByText('Approved').first()).toBeVisible();
  await context.close();
});

test('the engineer runs it, watches, and it is changed and verified', async ({ browser }) => {
  const { page, context } = await windowOf(browser, 'oncall');
  await page.goto('/rollbacks/RB-0001');
  await page.getByRole('button', { name: `Run rollback on ${TARGET}` }).click();
  const dialog = page.getByRole('dialog').or(page.getByRole('alertdialog'));
  const confirm = dialog.getByRole('button', { name: `Run rollback on ${TARGET}` });
  await expect(confirm).toHaveAttribute('aria-disabled', 'true');
  await dialog.getByRole('textbox').fill(TARGET);
  await confirm.click();
  await expect(page.getByText(/Changed and verified/).first()).toBeVisible({ timeout: 60_000 });

  // Reload: the same picture from the stored events.
  await page.goto('/rollbacks/RB-0001?step=run');
  for (const tag of ['0035_fix', '0034_add', '0033_add']) {
    await expect(page.getByText(new RegExp(tag)).first()).toBeVisible();
  }
  const rows = await query<{ n: string }>(
    url,
    'SELECT count(*)::text AS n FROM drizzle.__drizzle_migrations',
  );
  expect(rows[0]?.n).toBe('33');
  await context.close();
});

test('the schema is that of 0032, by a dump', async () => {
  const fresh = (await sampleUrl('postgres')).replace(/\/postgres$/, '/compare_0032');
  await query(await sampleUrl('postgres'), 'CREATE DATABASE compare_0032 TEMPLATE template0');
  await applyMigrations(fresh, { to: 32 });
  const [wanted, found] = [await schemaDump(fresh), await schemaDump(url)];
  expect(found).toBe(wanted);
});

test('the fence refuses the newer image and lets the older one boot', async () => {
  const before = await schemaDump(url);
  await expect(boot()).rejects.toThrow();
  expect(await schemaDump(url)).toBe(before);
  await boot('0032_add_service_agents_created_by_idx');
  expect(await schemaDump(url)).toBe(before);
});

test('after the release of the fence the full folder applies again', async ({ browser }) => {
  const { page, context } = await windowOf(browser, 'oncall');
  await page.goto('/rollbacks/RB-0001?step=verify');
  await expect(page.getByText('v2026.9.4').first()).toBeVisible();
  const forecast = page.getByRole('region', {
    name: 'What migrate() of the present folder would do',
  });
  await expect(forecast).toContainText('The fence refuses it while it is up');
  await expect(forecast.getByText('0033_add_revoked_tokens')).toBeVisible();
  await page.getByRole('button', { name: 'Release fence' }).click();
  const dialog = page.getByRole('dialog').or(page.getByRole('alertdialog'));
  await dialog.getByRole('button', { name: 'Release fence' }).click();
  await expect(page.getByText(/Fence (was )?released|Released/).first()).toBeVisible();
  await expect
    .poll(
      async () =>
        (await query(url, "SELECT FROM pg_trigger WHERE tgname = 'backstep_fence'")).length,
    )
    .toBe(0);
  await boot('0035_fix_timestamp_column_types');
  expect(await schemaDump(url)).toBe(dumpAt0035);
  await context.close();
});

test('the auditor finds all of it in the history, verifies the chain and exports it', async ({
  browser,
}) => {
  const { page, context } = await windowOf(browser, 'auditor');
  await page.goto('/history?subject=RB-0001');
  for (const words of [
    'Created rollback',
    'Acknowledged danger',
    'Requested approval',
    'Approved',
    'Started run',
    'Finished run',
    'Raised fence',
    'Released fence',
  ]) {
    await expect(page.getByText(new RegExp(words, 'i')).first(), words).toBeVisible();
  }
  await page.getByRole('button', { name: 'Verify chain' }).click();
  await expect(page.getByText(/verified to #/i)).toBeVisible();

  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Export JSONL' }).click();
  const file = await (await download).path();
  const entries = (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(entries.some((entry) => entry.action === 'run.finish')).toBe(true);
  expect(
    entries
      .filter((entry) => entry.action === 'danger.acknowledge')
      .map((entry) => entry.payload.danger)
      .sort(),
  ).toEqual([...DANGERS].sort());
  expect(entries.every((entry) => entry.subject === 'RB-0001')).toBe(true);
  await context.close();
});
