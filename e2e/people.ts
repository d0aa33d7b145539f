import { type Browser, type BrowserContext, expect, type Page } from '@playwright/test';
import { DEMO_PASSWORD } from '@/lib/demo/people';

/** The demo's four people, by what they do. */
export type Who = 'oncall' | 'reviewer' | 'auditor' | 'admin';

export async function signIn(page: Page, who: Who): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel('Email').fill(`${who}@example.com`);
  await page.getByLabel('Password').fill(DEMO_PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Targets' })).toBeVisible();
}

/** Sessions that go on in further windows: signing in costs a second each time, on purpose. */
const sessions = new Map<Who, Awaited<ReturnType<BrowserContext['storageState']>>>();

/** A window of one person's own, already signed in, at the targets. */
export async function windowOf(
  browser: Browser,
  who: Who,
): Promise<{ page: Page; context: BrowserContext }> {
  const storageState = sessions.get(who);
  const context = await browser.newContext({ storageState });
  const page = await context.newPage();
  if (storageState) {
    await page.goto('/');
    await expect(page.getByRole('heading', { level: 1, name: 'Targets' })).toBeVisible();
  } else {
    await signIn(page, who);
    sessions.set(who, await context.storageState());
  }
  return { page, context };
}
