import { acknowledgeDangers } from './dangers';
import { controlUrl, query, sampleUrl } from './database';
import { windowOf } from './people';
import { expect, test } from './test';

test('staging can’t go below 0040, and says why; below 0018 there is only a restore', async ({
  browser,
}) => {
  const { page, context } = await windowOf(browser, 'oncall');
  await page.goto('/targets/agentim-staging');
  const table = page.getByRole('table', { name: 'Migrations' });
  await expect(table.getByText('The chain stops at 0040')).toBeVisible();
  await expect(
    table.getByText(/0040_drop_plaintext_api_keys has no rollback script/),
  ).toBeVisible();
  const rowOf = (tag: string) => table.getByRole('row').filter({ hasText: tag });
  await expect(
    rowOf('0040_drop_plaintext_api_keys').getByRole('button', { name: /Roll back to here/ }),
  ).toBeVisible();
  await expect(
    rowOf('0037_add_sender_created_idx').getByRole('button', { name: /Roll back to here/ }),
  ).toHaveCount(0);
  await expect(table.getByText(/Foundational/).first()).toBeVisible();
  await expect(table.getByText(/restore/i).first()).toBeVisible();
  await expect(
    rowOf('0040_drop_plaintext_api_keys').getByText('Missing').filter({ visible: true }),
  ).toBeVisible();
  await expect(
    rowOf('0034_add_unique_name_indexes').getByText('Proven exact').filter({ visible: true }),
  ).toBeVisible();
  await context.close();
});

test('a forged request of the wrong role is a 403, is written down, and changes nothing', async ({
  browser,
}) => {
  const { page, context } = await windowOf(browser, 'auditor');
  const control = await controlUrl();
  const count = () =>
    query<{ n: string }>(control, 'SELECT count(*)::text AS n FROM backstep.rollbacks');
  const before = await count();
  const answers = await page.evaluate(async () => {
    const post = async (action: string, body: object) =>
      (
        await fetch(`/api/actions/${action}`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify(body),
        })
      ).status;
    return [
      await post('create_rollback', {
        target: 'agentim-staging',
        to: '0040_drop_plaintext_api_keys',
        reason: 'forged',
      }),
      await post('start_run', { rollback: 'RB-0001', digest: 'x', confirm: 'agentim-production' }),
      await post('release_fence', { rollback: 'RB-0001' }),
      await post('add_person', {
        email: 'x@example.com',
        name: 'X',
        role: 'admin',
        password: 'long enough it is',
      }),
    ];
  });
  expect(answers).toEqual([403, 403, 403, 403]);
  expect(await count()).toEqual(before);
  const refused = await query<{ action: string }>(
    control,
    "SELECT payload->>'action' AS action FROM backstep.audit_log WHERE action = 'action.refused' AND actor_role = 'auditor' ORDER BY seq",
  );
  expect(refused.map((row) => row.action)).toEqual(
    expect.arrayContaining(['create_rollback', 'start_run', 'release_fence', 'add_person']),
  );
  await context.close();
});

test('a request from another origin is refused', async ({ browser }) => {
  const { context } = await windowOf(browser, 'oncall');
  const response = await context.request.post('/api/actions/cancel_rollback', {
    headers: { Origin: 'https://elsewhere.example' },
    data: { rollback: 'RB-0001' },
  });
  expect(response.status()).toBe(403);
  await context.close();
});

test('the migration page shows both directions', async ({ browser }) => {
  const { page, context } = await windowOf(browser, 'auditor');
  await page.goto('/targets/agentim-staging/migrations/0041_add_gateway_ephemeral');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('0041_add_gateway_ephemeral');
  await expect(page.getByText(/ADD COLUMN/).first()).toBeVisible();
  await expect(page.getByText(/DROP COLUMN IF EXISTS/).first()).toBeVisible();
  await expect(page.getByRole('region', { name: 'Round trip' })).toContainText(
    'Proven, loses data',
  );
  await context.close();
});

test('what changes after the approval voids it, and the page says what', async ({ browser }) => {
  const url = await sampleUrl('agentim_staging');
  const oncall = await windowOf(browser, 'oncall');
  const { page } = oncall;
  await page.goto('/targets/agentim-staging?to=0040_drop_plaintext_api_keys');
  await page.getByLabel('Reason').fill('Gateways disappear');
  await page.getByRole('button', { name: 'Create rollback' }).click();
  await expect(page).toHaveURL(/\/rollbacks\/RB-\d+/);
  const label = /RB-\d+/.exec(page.url())?.[0] ?? '';
  await page.goto(`/rollbacks/${label}?step=preview`);
  await expect(page.getByText(/Rehearsed: the step passed/)).toBeVisible({
    timeout: 60_000,
  });
  await acknowledgeDangers(page, ['Drops column ephemeral']);
  await page.goto(`/rollbacks/${label}?step=backup`);
  await page.getByRole('button', { name: 'Take backup' }).click();
  await expect(page.getByText('Confirmed', { exact: true }).first()).toBeVisible({
    timeout: 90_000,
  });
  await page.goto(`/rollbacks/${label}?step=approval`);
  await page.getByRole('button', { name: 'Request approval' }).click();
  await expect(page.getByText('Waiting for approval').first()).toBeVisible();

  await query(url, 'CREATE TABLE somebody_was_here (id int)');
  const reviewer = await windowOf(browser, 'reviewer');
  await reviewer.page.goto(`/rollbacks/${label}?step=approval`);
  await expect
    .poll(
      async () => {
        await reviewer.page.reload();
        return reviewer.page.getByText(/somebody_was_here/).count();
      },
      { timeout: 60_000, intervals: [2_000] },
    )
    .toBeGreaterThan(0);
  await expect(reviewer.page.getByRole('button', { name: 'Approve', exact: true })).toBeHidden();
  await query(url, 'DROP TABLE somebody_was_here');
  await reviewer.context.close();
  await oncall.context.close();
});
