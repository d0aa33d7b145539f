import type { Page } from '@playwright/test';
import pg from 'pg';
import { controlUrl, query, sampleUrl, schemaDump } from './database';
import { windowOf } from './people';
import { expectSoundEverywhere } from './sound';
import { expect, test } from './test';

/**
 * A target as a managed provider leaves it: its role owns the database and everything in it, and may create
 * no other. The backup is restored into schemas beside the present ones, and names are swapped.
 */
test.describe.configure({ mode: 'serial' });

const TARGET = 'workshop-development';
const DATABASE = 'workshop_development';
const HELPER = 'e2e_administrator';
let url: string;
let postgres: string;
let control: string;
let backup = '';
let restore = '';
let before = { schema: '', oid: '' };

const dialogOf = (page: Page) => page.getByRole('dialog').or(page.getByRole('alertdialog'));

const one = async <T>(sql: string): Promise<T> => {
  const [row] = await query<{ value: T }>(url, `SELECT (${sql}) AS value`);
  if (!row) throw new Error(`no answer: ${sql}`);
  return row.value;
};
const publicOid = () => one<string>("'public'::regnamespace::oid::text");
const notes = () =>
  one<number>("(SELECT count(*)::int FROM pg_class WHERE relname = 'since_then')");

/** As another superuser: the samples' own role can't give itself back what it has lost. */
async function asAdministrator(sql: (role: string) => string): Promise<void> {
  const role = decodeURIComponent(new URL(url).username);
  const helper = new URL(postgres);
  helper.username = HELPER;
  helper.password = HELPER;
  await query(helper.href, sql(pg.escapeIdentifier(role)));
}

test.beforeAll(async () => {
  url = await sampleUrl(DATABASE);
  // Now, as a server is not found again by a role that may not ask where its data lie.
  [postgres, control] = [await sampleUrl('postgres'), await controlUrl()];
  await query(postgres, `CREATE ROLE ${HELPER} SUPERUSER LOGIN PASSWORD '${HELPER}'`);
});

test.afterAll(async () => {
  await asAdministrator((role) => `ALTER ROLE ${role} SUPERUSER CREATEDB`);
  await query(postgres, `DROP ROLE ${HELPER}`);
});

test('a role that may create no database is offered the way in place, for a tested backup', async ({
  browser,
}) => {
  test.setTimeout(240_000);
  const { page, context } = await windowOf(browser, 'oncall');
  await page.goto('/backups');
  await page.getByRole('button', { name: `Take backup of ${TARGET}` }).click();
  const row = page.getByRole('table', { name: 'Backups' }).getByRole('row');
  const taken = row.filter({ hasText: TARGET }).first();
  await expect(taken.getByText('Read in full')).toBeVisible({ timeout: 90_000 });
  await taken.getByRole('link', { name: /^B-\d+$/ }).click();
  await expect(page).toHaveURL(/\/backups\/B-\d+/);
  backup = /B-\d+/.exec(page.url())?.[0] ?? '';
  await asAdministrator((role) => `ALTER ROLE ${role} NOSUPERUSER NOCREATEDB`);

  await page.goto(`/restore?target=${TARGET}`);
  await expect(
    page.getByText('may not create databases: this restore goes in place'),
  ).toBeVisible();
  const choice = page.getByRole('radio', { name: backup });
  // Less can be verified in place before it is done.
  await expect(choice).toBeDisabled();
  await expect(page.getByText(`${backup} has not been restored to test it`)).toBeVisible();

  await page.goto(`/backups/${backup}`);
  await page.getByRole('button', { name: 'Restore to test it' }).click();
  const tested = page.getByRole('region', { name: `Test restore of ${backup}` });
  await expect(tested.getByText('Restored and verified')).toBeVisible({ timeout: 120_000 });

  await page.goto(`/restore?target=${TARGET}&backup=${backup}`);
  await page.getByLabel('Reason').fill('The last release has broken what it touched');
  const create = page.getByRole('button', { name: 'Create restore' });
  await expect(create).toBeDisabled();
  await page.getByRole('checkbox', { name: /Restore in place/ }).check();
  await expectSoundEverywhere(page, 'the choice of a restore in place');
  await create.click();
  await expect(page).toHaveURL(/\/restore\/ER-\d+/);
  restore = /ER-\d+/.exec(page.url())?.[0] ?? '';
  await context.close();
});

test('the copy stands in schemas of its own, and the swap waits for a backup of the present state', async ({
  browser,
}) => {
  test.setTimeout(240_000);
  await query(url, 'CREATE TABLE since_then (id int); INSERT INTO since_then VALUES (1)');
  before = { schema: await schemaDump(url), oid: await publicOid() };
  const { page, context } = await windowOf(browser, 'oncall');
  await page.goto(`/restore/${restore}`);
  await page.getByRole('button', { name: 'Restore into new schemas' }).click();
  await dialogOf(page).getByRole('textbox').fill(TARGET);
  await dialogOf(page).getByRole('button', { name: 'Restore into new schemas' }).click();
  await expect(page.getByText('The copy is what the backup says')).toBeVisible({
    timeout: 120_000,
  });
  expect(await publicOid()).toBe(before.oid);
  const schemas = page.getByRole('table', { name: 'Schemas and their names' });
  await expect(schemas.getByRole('row').filter({ hasText: 'public_restore_' })).toContainText(
    /public_before_er\d{4}/,
  );

  const needed = page.getByText('The swap needs a backup of the present state first');
  await expect(needed).toBeVisible();
  await expectSoundEverywhere(page, 'a restore in place that lacks its backup');
  await page.getByRole('button', { name: 'Back up present state' }).click();
  await expect(page.getByText('The present state is backed up')).toBeVisible({ timeout: 90_000 });
  await context.close();
});

test('the names are swapped, and swapped back', async ({ browser }) => {
  test.setTimeout(180_000);
  const { page, context } = await windowOf(browser, 'oncall');
  await page.goto(`/restore/${restore}`);
  await page.getByRole('button', { name: `Swap on ${TARGET}` }).click();
  await dialogOf(page).getByRole('textbox').fill(TARGET);
  await dialogOf(page)
    .getByRole('button', { name: `Swap on ${TARGET}` })
    .click();
  await expect(page.getByText(`${DATABASE} has the restored schemas`)).toBeVisible({
    timeout: 60_000,
  });
  expect(await publicOid()).not.toBe(before.oid);
  expect(await one("to_regclass('public.since_then')::text")).toBeNull();
  // Kept, under the name that the room has said.
  expect(await notes()).toBe(1);
  await expectSoundEverywhere(page, 'a restore in place that is swapped in');

  await page.getByRole('button', { name: 'Swap back' }).click();
  await dialogOf(page).getByRole('textbox').fill(TARGET);
  await dialogOf(page).getByRole('button', { name: 'Swap back' }).click();
  await expect(page.getByText(`${DATABASE} has the former schemas again`)).toBeVisible({
    timeout: 60_000,
  });
  expect(await publicOid()).toBe(before.oid);
  expect(await one('SELECT id FROM since_then')).toBe(1);

  // It is kept for two weeks, and then until somebody types what its names end in.
  await expect(page.getByRole('button', { name: 'Drop restored schemas' })).toHaveCount(0);
  await query(
    control,
    `UPDATE backstep.restores SET keep_until = now() - interval '1 day' WHERE id = ${Number(restore.slice(3))}`,
  );
  await page.reload();
  await page.getByRole('button', { name: 'Drop restored schemas' }).click();
  const ending = /restore_b\d{4}_er\d{4}/;
  const typed = ending.exec((await dialogOf(page).textContent()) ?? '')?.[0] ?? '';
  await dialogOf(page).getByRole('textbox').fill(typed);
  await dialogOf(page).getByRole('button', { name: 'Drop these schemas' }).click();
  await expect
    .poll(
      () => one<number>("(SELECT count(*)::int FROM pg_namespace WHERE nspname ~ '_er[0-9]{4}$')"),
      { timeout: 60_000 },
    )
    .toBe(0);
  expect(await schemaDump(url)).toBe(before.schema);
  await query(url, 'DROP TABLE since_then');
  await context.close();
});
