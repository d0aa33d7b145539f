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

/**
 * Free of axe violations, and of sideways scrolling: the page as it stands, on a desk and on a phone, by
 * day and by night.
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
}
