import { expect, type Locator, type Page } from '@playwright/test';

/** The panel of the preview in which dangers are taken on. */
export const dangersPanel = (page: Page): Locator =>
  page.getByRole('region', { name: 'Dangers to acknowledge' });

/** More stops than any page of the room has before its last danger. */
const MOST_STOPS = 120;

/**
 * Takes every danger of the plan on, one by one, as a person does who reads them.
 * @param titles what the boxes must be called, in this order
 * @param how 'keyboard': with Tab and Space alone
 */
export async function acknowledgeDangers(
  page: Page,
  titles: readonly string[],
  how: 'mouse' | 'keyboard' = 'mouse',
): Promise<void> {
  const panel = dangersPanel(page);
  const count = (taken: number) =>
    panel.getByText(`${taken} of ${titles.length} acknowledged`, { exact: true });
  await expect(count(0)).toBeVisible();
  await expect(panel.getByRole('checkbox')).toHaveCount(titles.length);
  for (const [position, title] of titles.entries()) {
    const box = panel.getByRole('checkbox').nth(position);
    await expect(box).toHaveAccessibleName(title);
    await expect(box).not.toBeChecked();
    if (how === 'mouse') {
      await box.click();
    } else {
      await tabTo(page, box);
      await page.keyboard.press('Space');
    }
    // The server has it: the box alone is ticked at once.
    await expect(count(position + 1)).toBeVisible();
    await expect(box).toBeChecked();
  }
}

/** Presses Tab until the element has the focus. */
export async function tabTo(page: Page, element: Locator): Promise<void> {
  for (let stop = 0; stop < MOST_STOPS; stop++) {
    if (await element.evaluate((node) => node === node.ownerDocument.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not lead to ${element}`);
}
