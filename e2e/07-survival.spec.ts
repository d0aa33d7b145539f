import type { Page } from '@playwright/test';
import pg from 'pg';
import { applyMigrations } from '@/examples/agentim/apply';
import { acknowledgeDangers } from './dangers';
import { query, sampleUrl } from './database';
import { windowOf } from './people';
import { expect, test } from './test';

/**
 * A rollback of production in one transaction, with rescue copies: somebody's session is in the way, a
 * newer image boots afterwards, and the copies are dropped in the end.
 */
test.describe.configure({ mode: 'serial' });

const TARGET = 'agentim-production';
let url: string;
let label = '';
let bookmarks: { id: string; created_at: string }[] = [];

test.beforeAll(async () => {
  url = await sampleUrl('agentim_production');
  bookmarks = await query(url, 'SELECT id, created_at::text FROM bookmarks ORDER BY id');
});

const room = (step: string) => `/rollbacks/${label}?step=${step}`;
const dialogOf = (page: Page) => page.getByRole('dialog').or(page.getByRole('alertdialog'));

/** What a booting image of the release does that was rolled back. */
const bootNewer = () => applyMigrations(url, { to: 35 });

test('a rollback of two migrations is made ready', async ({ browser }) => {
  test.setTimeout(240_000);
  const { page, context } = await windowOf(browser, 'oncall');
  await page.goto(`/targets/${TARGET}`);
  const table = page.getByRole('table', { name: 'Migrations' });
  const row = table.getByRole('row').filter({ hasText: '0033_add_revoked_tokens' });
  await row.getByRole('button', { name: /Roll back to here/ }).click();
  await page.getByLabel('Reason').fill('The timestamps are read wrongly');
  await page.getByRole('button', { name: 'Create rollback' }).click();
  await expect(page).toHaveURL(/\/rollbacks\/RB-\d+/);
  label = /RB-\d+/.exec(page.url())?.[0] ?? '';
  await page.goto(room('preview'));
  await expect(page.getByText(/Rehearsed: all 2 steps passed/)).toBeVisible({ timeout: 60_000 });
  await acknowledgeDangers(page, ['Rewrites bookmarks', 'Rewrites service_agents']);
  await page.goto(room('backup'));
  await page.getByRole('button', { name: 'Take backup' }).click();
  await expect(page.getByText('Confirmed', { exact: true }).first()).toBeVisible({
    timeout: 90_000,
  });
  await page.goto(room('approval'));
  await page.getByRole('button', { name: 'Request approval' }).click();
  await expect(page.getByText('Waiting for approval').first()).toBeVisible();
  const reviewer = await windowOf(browser, 'reviewer');
  await reviewer.page.goto(room('approval'));
  await reviewer.page.getByRole('button', { name: 'Approve', exact: true }).click();
  await expect(reviewer.page.getByText('Approved').first()).toBeVisible();
  await reviewer.context.close();
  await context.close();
});

test('it runs all or nothing, and the session in its way is ended from the room', async ({
  browser,
}) => {
  test.setTimeout(180_000);
  const { page, context } = await windowOf(browser, 'oncall');
  const holder = new pg.Client({ connectionString: url, application_name: 'agentim-report' });
  holder.on('error', () => undefined);
  await holder.connect();
  await holder.query('BEGIN; SELECT count(*) FROM bookmarks');

  await page.goto(room('run'));
  await page.getByRole('button', { name: `Run rollback on ${TARGET}` }).click();
  const asked = dialogOf(page);
  await asked.getByRole('radio', { name: 'All or nothing' }).click();
  await expect(
    asked.getByRole('checkbox', { name: 'Keep a rescue copy of what is destroyed' }),
  ).toBeChecked();
  await asked.getByRole('textbox').fill(TARGET);
  await asked.getByRole('button', { name: `Run rollback on ${TARGET}` }).click();

  // Nothing is ended by itself, and the dialog outlives the attempts of the step.
  await page.getByRole('button', { name: 'Terminate blocker' }).click({ timeout: 30_000 });
  const confirm = dialogOf(page);
  await expect(confirm).toContainText('agentim-report');
  await confirm.getByRole('button', { name: 'Terminate blocker' }).click();
  await expect(page.getByText(/Changed and verified/).first()).toBeVisible({ timeout: 60_000 });
  await expect(holder.query('SELECT 1')).rejects.toThrow();

  await page.goto(room('run'));
  await expect(page.getByText(/was ended, as Maya Okafor asked/).first()).toBeVisible();
  await expect(page.getByText(/Rescue copy of/).first()).toBeVisible();
  const steps = await query<{ xid: string }>(
    url,
    'SELECT count(*)::text AS xid FROM drizzle.__drizzle_migrations',
  );
  expect(steps[0]?.xid).toBe('34');
  await context.close();
});

test('a newer image is refused, and every page about the target says so', async ({ browser }) => {
  await expect(bootNewer()).rejects.toMatchObject({
    cause: { message: expect.stringContaining('Backstep fence') },
  });
  const { page, context } = await windowOf(browser, 'oncall');
  await page.goto(room('verify'));
  await expect(page.getByText('Newer images were refused 1 time')).toBeVisible({ timeout: 30_000 });
  await page.goto(`/targets/${TARGET}`);
  await expect(page.getByText('The fence is up', { exact: true })).toBeVisible();
  await expect(
    page.getByText(/newer than .* are refused since .* Refused newer images 1 time, last/),
  ).toBeVisible();
  await page.goto('/');
  await expect(page.getByRole('article', { name: TARGET })).toContainText(
    'Refused newer images 1 time',
  );
  await page.goto(`/history?subject=${label}`);
  await expect(page.getByText('Fence refused a newer image').first()).toBeVisible();
  await context.close();
});

test('the copies bring back what the migration would not, and are dropped in the end', async ({
  browser,
}) => {
  test.setTimeout(120_000);
  const { page, context } = await windowOf(browser, 'oncall');
  await page.goto(room('verify'));
  const copies = page.getByRole('region', { name: 'Rescue copies', exact: true });
  await expect(copies.getByText('backstep_rescue.', { exact: false }).first()).toBeVisible();

  await page.getByRole('button', { name: 'Release fence' }).first().click();
  await dialogOf(page).getByRole('button', { name: 'Release fence' }).click();
  await expect(page.getByText('Fence released').first()).toBeVisible({ timeout: 30_000 });
  await bootNewer();
  // Other rollbacks have left copies of their own.
  const ours = `${label.toLowerCase().replace('-', '_')}_%`;
  const merges = await query<{ merge_sql: string }>(
    url,
    `SELECT obj_description(c.oid)::jsonb ->> 'mergeSql' AS merge_sql FROM pg_class c
      WHERE c.relnamespace = 'backstep_rescue'::regnamespace AND c.relkind = 'r'
        AND c.relname LIKE $1 ORDER BY c.oid DESC`,
    [ours],
  );
  expect(merges.length).toBeGreaterThan(0);
  for (const { merge_sql } of merges) await query(url, merge_sql);
  // To the microsecond: the script alone had cut them to milliseconds.
  expect(await query(url, 'SELECT id, created_at::text FROM bookmarks ORDER BY id')).toEqual(
    bookmarks,
  );

  await copies.getByRole('button', { name: 'Drop copies' }).click();
  await dialogOf(page).getByRole('button', { name: 'Drop copies' }).click();
  await expect(copies.getByText('all dropped')).toBeVisible({ timeout: 30_000 });
  const left = await query(
    url,
    `SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'backstep_rescue' AND c.relname LIKE $1`,
    [ours],
  );
  expect(left).toEqual([]);
  await context.close();
});
