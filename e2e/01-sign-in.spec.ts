import { signIn } from './people';
import { expect, test } from './test';

test('a wrong password is refused in words, and the right one leads to the targets', async ({
  page,
}) => {
  await page.goto('/targets/agentim-production');
  await expect(page).toHaveURL(/\/sign-in/);
  await page.getByLabel('Email').fill('oncall@example.com');
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert').filter({ hasText: /password/i })).toBeVisible();

  await signIn(page, 'oncall');
  await expect(page.getByRole('link', { name: 'agentim-production' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'agentim-staging' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'workshop-development' })).toBeVisible();
  await expect(page.getByText('0035_fix_timestamp_column_types')).toBeVisible();
});

test('set-up is closed once there are people', async ({ page }) => {
  await page.goto('/setup?token=guess');
  await expect(page).toHaveURL(/\/sign-in/);
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
});

test('signing out ends the session', async ({ page }) => {
  await signIn(page, 'auditor');
  await page.getByRole('button', { name: 'Priya Nair' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in' })).toBeVisible();
  await page.goto('/history');
  await expect(page).toHaveURL(/\/sign-in/);
});

test('without a session no data is given out', async ({ request }) => {
  for (const path of [
    '/api/targets',
    '/api/targets/agentim-production',
    '/api/targets/workshop-development',
    '/api/rollbacks/RB-0001',
    '/api/rollbacks/RB-0001/events',
    '/api/backups/events',
    '/api/restores/ER-0001',
    '/api/restores/ER-0001/events',
    '/api/restores/ER-0001/sessions',
    '/api/history/export?format=csv',
  ]) {
    expect((await request.get(path)).status(), path).toBe(401);
  }
});
