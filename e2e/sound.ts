import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/** What the colours of a page decide; all other rules say the same of it by day and by night. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];

/** Goes on after a fault, so that one look names those of all pages. */
async function expectSound(page: Page, place: string, rules?: string[]): Promise<void> {
  const axe = new AxeBuilder({ page });
  const { violations } = await (rules ? axe.withRules(rules) : axe).analyze();
  expect
    .soft(
      violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`),
      place,
    )
    .toEqual([]);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect.soft(overflow, `${place} scrolls sideways`).toBeLessThanOrEqual(0);
}

/** By the marks that React leaves; run in the page. */
function isAlive(): boolean {
  const heading = document.querySelector('h1');
  return heading !== null && Object.keys(heading).some((key) => key.startsWith('__reactFiber'));
}

/**
 * Opens the page anew under a clock, a zone and a language that are not the server's. Where it comes alive
 * as another than the server's, React says so by an error of the page, at which each test fails.
 */
async function expectToComeAlive(page: Page, place: string): Promise<void> {
  const context = await page
    .context()
    .browser()
    ?.newContext({
      storageState: await page.context().storageState(),
      timezoneId: 'Pacific/Chatham',
      locale: 'de-AT',
    });
  if (!context) throw new Error('a page without a browser');
  await context.clock.setFixedTime(Date.now() + 26 * 3_600_000);
  const far = await context.newPage();
  await far.goto(page.url());
  await expect.poll(() => far.evaluate(isAlive), { message: `${place} comes alive` }).toBe(true);
  await context.close();
}

/**
 * Free of axe violations, and of sideways scrolling: the page as it stands, on a desk and on a phone, by
 * day and by night. And the same when it comes alive as when the server made it, wherever its reader is.
 */
export async function expectSoundEverywhere(page: Page, place: string): Promise<void> {
  const before = page.viewportSize();
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: 'light' });
    await expectSound(page, `${place}, light, ${width} wide`);
    await page.emulateMedia({ colorScheme: 'dark' });
    await expectSound(page, `${place}, dark, ${width} wide`, COLOUR_RULES);
  }
  await page.emulateMedia({ colorScheme: null });
  if (before) await page.setViewportSize(before);
  await expectToComeAlive(page, place);
}
