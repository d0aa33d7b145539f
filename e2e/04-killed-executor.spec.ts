import pg from 'pg';
import { controlUrl, query, sampleUrl } from './database';
import { windowOf } from './people';
import { expect, test } from './test';

/**
 * The executor is killed in the middle of a step of staging's rollback, which waits for a lock that the
 * test holds. The room must then say what is true, and Resume must finish it.
 */
test('an executor killed in mid-run leaves a clean step, and Resume finishes', async ({
  browser,
}) => {
  test.setTimeout(240_000);
  const url = await sampleUrl('agentim_staging');
  const control = await controlUrl();
  const oncall = await windowOf(browser, 'oncall');
  const reviewer = await windowOf(browser, 'reviewer');
  const { page } = oncall;

  // The rollback that the file before has left as a draft whose approval was voided.
  await page.goto('/targets/agentim-staging');
  await page
    .getByRole('link', { name: /RB-\d+/ })
    .first()
    .click();
  await expect(page).toHaveURL(/\/rollbacks\/RB-\d+/);
  const label = /RB-\d+/.exec(page.url())?.[0] ?? '';
  await page.goto(`/rollbacks/${label}?step=approval`);
  const ask = page.getByRole('button', { name: 'Request approval' });
  // The schema is back as it was pinned; the next comparison opens the gate again.
  await expect
    .poll(
      async () => {
        await page.reload();
        return ask.getAttribute('aria-disabled');
      },
      { timeout: 60_000, intervals: [2_000] },
    )
    .toBeNull();
  await ask.click();
  await reviewer.page.goto(`/rollbacks/${label}?step=approval`);
  await reviewer.page.getByRole('button', { name: 'Approve', exact: true }).click();
  await expect(reviewer.page.getByText('Approved').first()).toBeVisible();

  const holder = new pg.Client({ connectionString: url, application_name: 'agentim-worker' });
  await holder.connect();
  await holder.query('BEGIN; SELECT count(*) FROM gateways');

  await page.goto(`/rollbacks/${label}?step=run`);
  await page.getByRole('button', { name: 'Run rollback on agentim-staging' }).click();
  const dialog = page.getByRole('dialog').or(page.getByRole('alertdialog'));
  await dialog.getByRole('textbox').fill('agentim-staging');
  await dialog.getByRole('button', { name: 'Run rollback on agentim-staging' }).click();
  await expect(page.getByText('agentim-worker').first()).toBeVisible({ timeout: 30_000 });

  const [executor] = await query<{ pid: number }>(
    control,
    'SELECT pid FROM backstep.executors ORDER BY started_at DESC LIMIT 1',
  );
  process.kill(executor?.pid ?? 0, 'SIGKILL');
  await holder.query('COMMIT');
  await holder.end();

  // Ten seconds of lease, then another executor looks at the target.
  await expect(page.getByText('Nothing changed').first()).toBeVisible({ timeout: 60_000 });
  const [kept] = await query<{ n: number }>(
    url,
    "SELECT count(*)::int AS n FROM information_schema.columns WHERE table_name = 'gateways' AND column_name = 'ephemeral'",
  );
  expect(kept?.n).toBe(1);

  await page.getByRole('button', { name: /Resume/ }).click();
  const again = page.getByRole('dialog').or(page.getByRole('alertdialog'));
  await again.getByRole('textbox').fill('agentim-staging');
  await again.getByRole('button', { name: /Resume/ }).click();
  await expect(page.getByText(/Changed and verified/).first()).toBeVisible({ timeout: 60_000 });
  const [gone] = await query<{ n: number }>(
    url,
    "SELECT count(*)::int AS n FROM information_schema.columns WHERE table_name = 'gateways' AND column_name = 'ephemeral'",
  );
  expect(gone?.n).toBe(0);
  await oncall.context.close();
  await reviewer.context.close();
});
