import { query, sampleUrl } from './database';
import { windowOf } from './people';
import { expect, test } from './test';

/**
 * A backup of a target without a rollback, restored to test it; then a rollback whose plan is rehearsed on
 * the rows of its own backup. On real servers, each copy dropped in the end.
 */
test.describe.configure({ mode: 'serial' });

const TARGET = 'agentim-staging';
let label = '';

test('a backup of a target is taken, and restored to test it', async ({ browser }) => {
  test.setTimeout(240_000);
  const { page, context } = await windowOf(browser, 'oncall');
  await page.getByRole('link', { name: 'Backups', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Backups' })).toBeVisible();
  const rows = page.getByRole('table', { name: 'Backups' }).getByRole('row');
  await page.getByRole('button', { name: `Take backup of ${TARGET}` }).click();
  const row = rows.filter({ hasText: TARGET }).first();
  await expect(row.getByText('Read in full')).toBeVisible({ timeout: 90_000 });

  await row.getByRole('link', { name: /^B-\d+$/ }).click();
  await expect(page.getByRole('heading', { level: 1, name: /^Backup B-\d+$/ })).toBeVisible();
  label = /B-\d+/.exec(page.url())?.[0] ?? '';
  const manifest = page.getByRole('region', { name: 'Manifest' });
  await expect(manifest).toContainText('agentim_staging');
  await page.getByRole('button', { name: 'Restore to test it' }).click();
  const tested = page.getByRole('region', { name: `Test restore of ${label}` });
  await expect(tested.getByText('Restored and verified')).toBeVisible({ timeout: 120_000 });
  const compared = tested.getByRole('list', { name: /was compared with$/ });
  const rowsMatch = compared.getByRole('listitem').filter({ hasText: 'Row counts match' });
  await expect(rowsMatch).toContainText('Passed');

  // Counted by PostgreSQL on the live database, which nobody has written to since.
  const url = await sampleUrl('agentim_staging');
  const [{ tables } = { tables: 0 }] = await query<{ tables: number }>(
    url,
    `SELECT count(*)::int AS tables FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
        AND n.nspname NOT LIKE 'pg_toast%'`,
  );
  await expect(rowsMatch).toContainText(`${tables} of ${tables} tables`);
  await context.close();
});

test('an auditor sees it, and can take or test none', async ({ browser }) => {
  const { page, context } = await windowOf(browser, 'auditor');
  await page.goto('/backups');
  await expect(page.getByRole('link', { name: label, exact: true }).first()).toBeVisible();
  await expect(page.getByRole('button', { name: /^Take backup/ })).toHaveCount(0);
  await page.goto(`/backups/${label}`);
  await expect(page.getByText('Restored and verified').first()).toBeVisible();
  await expect(page.getByRole('button', { name: 'Restore to test it' })).toHaveCount(0);
  await page.goto(`/history?subject=${label}`);
  await expect(page.getByText('Restored a backup to test it').first()).toBeVisible();
  await context.close();
});

test('the plan of a rollback is rehearsed on the rows of its backup', async ({ browser }) => {
  test.setTimeout(300_000);
  const { page, context } = await windowOf(browser, 'oncall');
  await page.goto('/targets/agentim-production');
  const table = page.getByRole('table', { name: 'Migrations' });
  // Wherever the files before have left it: one migration back.
  await table
    .getByRole('button', { name: /Roll back to here/ })
    .first()
    .click();
  await page.getByLabel('Reason').fill('To see what it takes on real rows');
  await page.getByRole('button', { name: 'Create rollback' }).click();
  await expect(page).toHaveURL(/\/rollbacks\/RB-\d+/);
  const rollback = /RB-\d+/.exec(page.url())?.[0] ?? '';
  await page.goto(`/rollbacks/${rollback}?step=preview`);
  await expect(page.getByText(/Rehearsed: the step passed/)).toBeVisible({ timeout: 90_000 });

  await page.goto(`/rollbacks/${rollback}?step=backup`);
  await page.getByRole('button', { name: 'Take backup' }).first().click();
  await expect(page.getByText('Confirmed', { exact: true }).first()).toBeVisible({
    timeout: 90_000,
  });
  // The policy of production wants it restored, so nobody has to ask for that.
  await expect(
    page.getByText(/Rehearsed on backup B-\d+, restored .* ago: the step passed in/),
  ).toBeVisible({ timeout: 120_000 });
  const steps = page.getByRole('list', { name: /^Steps as rehearsed on B-/ });
  await steps.getByRole('listitem').first().locator('summary').click();
  await expect(steps.getByRole('table', { name: /^Statements of / })).toBeVisible();

  await page.goto(`/rollbacks/${rollback}?step=approval`);
  await expect(page.getByText(/as rehearsed on the data of B-\d+/)).toBeVisible();
  await expect(
    page.getByRole('list', { name: 'Evidence' }).getByText('Rehearsed on real data'),
  ).toBeVisible();

  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Cancel rollback' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel rollback' }).click();
  await expect(page.getByText('Cancelled').first()).toBeVisible();
  await context.close();
});
