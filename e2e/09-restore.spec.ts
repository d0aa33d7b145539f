import type { Page } from '@playwright/test';
import pg from 'pg';
import { applyMigrations } from '@/examples/agentim/apply';
import { AppClient } from './app-client';
import { query, sampleUrl, schemaDump } from './database';
import { windowOf } from './people';
import { expectSoundEverywhere } from './sound';
import { expect, test } from './test';

/**
 * The way back that no script can go: production is restored from yesterday's backup beside what is there,
 * approved, and swapped in under clients that are connected; then the former state is swapped back.
 */
test.describe.configure({ mode: 'serial' });

const TARGET = 'agentim-production';
const DATABASE = 'agentim_production';
const BACKED_UP = '0032_add_service_agents_created_by_idx';
const LACKING = [
  '0033_add_revoked_tokens',
  '0034_add_unique_name_indexes',
  '0035_fix_timestamp_column_types',
];
let url: string;
let backup = '';
let restore = '';
/** The application, from before the swap until after the swap back. */
let app: AppClient | undefined;
let former = { oid: '', schema: '', applied: 0 };

const dialogOf = (page: Page) => page.getByRole('dialog').or(page.getByRole('alertdialog'));

const one = async <T>(sql: string, values: unknown[] = []): Promise<T> => {
  const [row] = await query<{ value: T }>(url, `SELECT (${sql}) AS value`, values);
  if (!row) throw new Error(`no answer: ${sql}`);
  return row.value;
};
const oid = () =>
  one<string>('SELECT oid::text FROM pg_database WHERE datname = current_database()');
const applied = () => one<number>('SELECT count(*)::int FROM drizzle.__drizzle_migrations');
const foundOf = (ids: readonly string[]) =>
  one<number>('SELECT count(*)::int FROM messages WHERE id = ANY ($1)', [ids]);

test.beforeAll(async () => {
  url = await sampleUrl(DATABASE);
});

test.afterAll(async () => {
  await app?.end();
});

test('a rollback ends at 0019, and the page of the target says where to go from there', async ({
  browser,
}) => {
  const { page, context } = await windowOf(browser, 'oncall');
  await page.goto(`/targets/${TARGET}`);
  const table = page.getByRole('table', { name: 'Migrations' });
  const rowOf = (tag: string) => table.getByRole('row').filter({ hasText: tag });
  const back = { name: /Roll back to here/ };
  // Undoing 0019 leads to 0018; there is no way below that.
  await expect(rowOf('0018_calm_annihilus').getByRole('button', back)).toBeVisible();
  await expect(table.getByText('The chain stops at 0018.')).toBeVisible();
  await table.getByRole('button', { name: /Foundational 0017/ }).click();
  await expect(rowOf('0017_add_room_overview_view')).toContainText('Foundational');
  for (const tag of ['0017_add_room_overview_view', '0010_silky_wong', '0000_yielding_moonstone'])
    await expect(rowOf(tag).getByRole('button', back)).toHaveCount(0);
  // Nor for somebody who asks for it by hand.
  const status = await page.evaluate(async (target) => {
    const answer = await fetch('/api/actions/create_rollback', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ target, to: '0017_add_room_overview_view', reason: 'further back' }),
    });
    return answer.status;
  }, TARGET);
  expect(status).toBeGreaterThanOrEqual(400);

  await table.getByRole('link', { name: 'Emergency restore' }).click();
  await expect(page).toHaveURL(new RegExp(`/restore\\?target=${TARGET}`));
  await context.close();
});

/** Keeps the page from coming alive. */
async function holdScripts(page: Page): Promise<{ letThrough(): void }> {
  let letThrough: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    letThrough = resolve;
  });
  await page.route(/\/_next\/static\/.*\.js/, async (route) => {
    await released;
    await route.continue();
  });
  return { letThrough };
}

test('the on-call engineer restores yesterday’s backup beside the present database', async ({
  browser,
}) => {
  test.setTimeout(180_000);
  const { page, context } = await windowOf(browser, 'oncall');
  // On a slow line the server's page is read, and worked with, before any script has come.
  const scripts = await holdScripts(page);
  await page.goto(`/restore?target=${TARGET}`, { waitUntil: 'commit' });
  const row = page
    .getByRole('table', { name: 'Backups of this target' })
    .getByRole('row')
    .filter({ has: page.getByRole('radio') })
    .last();
  await expect(row).toContainText(BACKED_UP);
  await expect(row).toContainText('Restored and verified');
  const choice = row.getByRole('radio');
  backup = (await choice.getAttribute('value')) ?? '';
  await choice.check();
  await page.getByLabel('Reason').fill('Nothing above 0018 can be trusted any more');
  const lost = page.getByRole('region', { name: 'What would be lost' });
  await expect(lost).not.toContainText(backup);
  scripts.letThrough();
  // The reader's own clock is on the page as soon as it is alive.
  await expect(row).toContainText(/CES?T/);
  await expect(lost).toContainText(`row changes in 1 d are not in ${backup}`);
  await expect(lost.getByText('public.messages')).toBeVisible();

  await page.getByLabel('Incident').fill('INC-519');
  await page.getByRole('button', { name: 'Create restore' }).click();
  await expect(page).toHaveURL(/\/restore\/ER-\d+/);
  await expect(page.getByText('Nothing above 0018 can be trusted any more')).toBeVisible();
  restore = /ER-\d+/.exec(page.url())?.[0] ?? '';
  const begin = page.getByRole('button', { name: 'Restore into new database' });
  await expect(begin).toBeVisible();
  await expectSoundEverywhere(page, 'a restore that has not begun');

  former = { oid: await oid(), schema: await schemaDump(url), applied: await applied() };
  app = new AppClient(url);
  await expect.poll(() => app?.databases).toEqual([former.oid]);
  await begin.click();
  await dialogOf(page).getByRole('textbox').fill(TARGET);
  await dialogOf(page).getByRole('button', { name: 'Restore into new database' }).click();
  await expect(page.getByText('The copy is what the backup says')).toBeVisible({
    timeout: 120_000,
  });
  expect(await oid()).toBe(former.oid);
  await context.close();
});

test('what would be lost is said: rows, the newest of them, and migrations', async ({
  browser,
}) => {
  const { page, context } = await windowOf(browser, 'oncall');
  await page.goto(`/restore/${restore}`);
  const loss = page.getByRole('region', { name: 'What is lost' });
  await expect(loss).toContainText('3 migrations not in the backup');
  for (const tag of LACKING) await expect(loss).toContainText(tag);
  const counted = loss.getByRole('table', { name: 'Rows by table, in the backup and now' });
  const messages = counted.getByRole('row').filter({ hasText: 'public.messages' });
  await expect(messages).toContainText('60,000');
  await expect(messages).toContainText(/60,\d{3}.*created_at/);
  const tokens = counted.getByRole('row').filter({ hasText: 'public.revoked_tokens' });
  await expect(tokens).toContainText('not in it');

  await page.getByRole('button', { name: 'Request approval' }).click();
  await expect(page.getByText('Waiting for approval').first()).toBeVisible();
  // Nobody decides what they asked for themselves.
  await expect(page.getByRole('button', { name: 'Approve', exact: true })).toHaveCount(0);
  await context.close();
});

test('a reviewer approves exactly this swap', async ({ browser }) => {
  const { page, context } = await windowOf(browser, 'reviewer');
  await page.goto(`/restore/${restore}`);
  // Somebody who only looks hears of it without asking.
  const looks = await windowOf(browser, 'auditor');
  await looks.page.goto(`/restore/${restore}`);
  await expect(looks.page.getByText(/needs the role reviewer/i)).toBeVisible();
  await expect(page.getByRole('region', { name: 'Your decision' })).toContainText(
    `Maya Okafor asks to swap ${backup} in on ${TARGET}`,
  );
  await expectSoundEverywhere(page, 'a restore that waits for a decision');
  await page.getByLabel('Comment').fill('The three migrations are deployed again tomorrow.');
  await page.getByRole('button', { name: 'Approve', exact: true }).click();
  await expect(page.getByText('Approved').first()).toBeVisible();
  await expect(looks.page.getByText('Ready to swap')).toBeVisible({ timeout: 4_000 });
  await expect(looks.page.getByRole('button', { name: `Swap on ${TARGET}` })).toHaveCount(0);
  await looks.context.close();
  await context.close();
});

test('it is swapped in under clients that are connected: one comes back, one loses its transaction', async ({
  browser,
}) => {
  test.setTimeout(120_000);
  const { page, context } = await windowOf(browser, 'oncall');
  const inTransaction = new pg.Client({
    connectionString: url,
    application_name: 'agentim-worker',
  });
  inTransaction.on('error', () => undefined);
  await inTransaction.connect();
  await inTransaction.query("BEGIN; INSERT INTO audit_logs (action) VALUES ('never committed')");

  await page.goto(`/restore/${restore}`);
  const connected = page.getByRole('table', { name: 'Sessions by program' });
  await expect(connected.getByRole('row').filter({ hasText: 'agentim-worker' })).toContainText(
    '1 idle in transaction',
  );
  await page.getByRole('button', { name: `Swap on ${TARGET}` }).click();
  await expect(dialogOf(page)).toContainText('agentim-worker 1');
  await expect(dialogOf(page)).toContainText(/to end \d+ sessions and swap/);
  await dialogOf(page).getByRole('textbox').fill(TARGET);
  await dialogOf(page)
    .getByRole('button', { name: `Swap on ${TARGET}` })
    .click();
  await expect(page.getByText(`${DATABASE} is the restored database`)).toBeVisible({
    timeout: 60_000,
  });
  await expect(inTransaction.query('SELECT 1')).rejects.toThrow();

  const restored = await oid();
  expect(restored).not.toBe(former.oid);
  // The application has noticed, and goes on in the restored database.
  await expect.poll(() => app?.databases).toEqual([former.oid, restored]);
  expect(app?.refusals.size).toBeGreaterThan(0);
  expect(await foundOf(app?.written.get(former.oid) ?? [])).toBe(0);
  expect(await one("SELECT to_regclass('public.revoked_tokens')::text")).toBeNull();
  expect(await applied()).toBe(33);
  await expectSoundEverywhere(page, 'a restore that is swapped in');
  await context.close();
});

test('the matching release boots, and the newer one is refused, which the room shows', async ({
  browser,
}) => {
  const before = await schemaDump(url);
  await applyMigrations(url, { to: BACKED_UP });
  expect(await schemaDump(url)).toBe(before);
  await expect(applyMigrations(url, { to: 35 })).rejects.toMatchObject({
    cause: { message: expect.stringContaining('Backstep fence') },
  });
  expect(await schemaDump(url)).toBe(before);
  expect(await applied()).toBe(33);

  const { page, context } = await windowOf(browser, 'oncall');
  await page.goto(`/restore/${restore}`);
  await expect(page.getByText('The fence is up', { exact: true })).toBeVisible();
  await expect(page.getByText(/Refused newer images 1 time/)).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole('region', { name: 'After the swap' })).toContainText('v2026.9.4');
  await page.goto(`/targets/${TARGET}`);
  await expect(page.getByText(BACKED_UP).first()).toBeVisible();
  await context.close();
});

test('Swap back brings the former state, with all that was written in it', async ({ browser }) => {
  test.setTimeout(120_000);
  const { page, context } = await windowOf(browser, 'oncall');
  await page.goto(`/restore/${restore}`);
  // Whoever thinks better of it is where they were.
  const swapBack = page.getByRole('button', { name: 'Swap back' });
  await swapBack.press('Enter');
  await expect(dialogOf(page)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(swapBack).toBeFocused();
  await swapBack.press('Enter');
  await dialogOf(page).getByRole('textbox').fill(TARGET);
  await dialogOf(page).getByRole('button', { name: 'Swap back' }).click();
  await expect(page.getByText(`${DATABASE} is the former database again`)).toBeVisible({
    timeout: 60_000,
  });
  expect(await oid()).toBe(former.oid);
  expect(await applied()).toBe(former.applied);
  expect(await schemaDump(url)).toBe(former.schema);
  const written = app?.written.get(former.oid) ?? [];
  expect(written.length).toBeGreaterThan(0);
  expect(await foundOf(written)).toBe(written.length);
  expect(await one("SELECT count(*)::int FROM audit_logs WHERE action = 'never committed'")).toBe(
    0,
  );
  // No fence is left in its way: its own image boots.
  await applyMigrations(url, { to: 35 });
  await expectSoundEverywhere(page, 'a restore that is swapped back');

  await page.goto(`/history?subject=${restore}`);
  for (const words of ['Swapped the restored state in', 'Swapped the former state back in'])
    await expect(page.getByText(words).first(), words).toBeVisible();
  await context.close();
});
