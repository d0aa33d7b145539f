import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, Page } from '@playwright/test';
import { DEMO_PASSWORD } from '@/lib/demo/people';

const VIEWPORT = { width: 1280, height: 900 };

/** What is to be taken of a page. */
export interface Shot {
  /** Path to open first; left out: the page as it is. */
  at?: string;
  /** Only what fits the window, for dialogs and docks. Default: the whole page. */
  windowOnly?: boolean;
}

/** Takes pages in both themes and both widths. */
export class Camera {
  /** @param folder null: nothing is kept, so nothing is taken */
  constructor(
    private readonly base: string,
    private readonly folder: string | null,
  ) {}

  /** A window of one of the demo's people, signed in. */
  async person(browser: Browser, who: string): Promise<Page> {
    const context = await browser.newContext({
      viewport: VIEWPORT,
      deviceScaleFactor: 2,
      timezoneId: 'Europe/Vienna',
      locale: 'en-GB',
    });
    const page = await context.newPage();
    await page.goto(`${this.base}/sign-in`);
    if (who === 'oncall') await this.shoot(page, 'sign-in');
    await page.getByLabel('Email').fill(`${who}@example.com`);
    await page.getByLabel('Password').fill(DEMO_PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { level: 1, name: 'Targets' }).waitFor();
    return page;
  }

  async open(page: Page, at: string): Promise<void> {
    await page.goto(this.base + at);
  }

  async shoot(page: Page, name: string, { at, windowOnly = false }: Shot = {}): Promise<void> {
    if (!this.folder) return;
    await mkdir(this.folder, { recursive: true });
    if (at) await this.open(page, at);
    for (const scheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      for (const width of [1280, 390]) {
        await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
        // Bars that stick would lie across the middle of a whole page that has been scrolled.
        if (!windowOnly) await page.evaluate(() => window.scrollTo(0, 0));
        await page.waitForLoadState('networkidle', { timeout: 2_000 }).catch(() => undefined);
        const file = path.join(this.folder, `${name}-${scheme}-${width}.png`);
        await page.screenshot({ path: file, fullPage: !windowOnly });
      }
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize(VIEWPORT);
  }
}

/** The question that an action asks before it is done. */
export const dialogOf = (page: Page) => page.getByRole('dialog').or(page.getByRole('alertdialog'));
