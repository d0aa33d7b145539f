import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { signIn } from './people';

const PAGES = [
  '/',
  '/targets/agentim-production',
  '/targets/agentim-staging?to=0040_drop_plaintext_api_keys',
  '/targets/agentim-production/migrations/0035_fix_timestamp_column_types',
  '/rollbacks',
  '/rollbacks?status=awaiting_approval',
  ...['plan', 'preview', 'backup', 'approval', 'run', 'verify'].map(
    (step) => `/rollbacks/RB-0001?step=${step}`,
  ),
  '/history',
  '/settings',
];

for (const scheme of ['light', 'dark'] as const) {
  for (const width of [1280, 390]) {
    test(`every page of the way is free of axe violations, ${scheme}, ${width} wide`, async ({
      browser,
    }) => {
      test.setTimeout(240_000);
      const context = await browser.newContext({
        colorScheme: scheme,
        viewport: { width, height: 900 },
      });
      const page = await context.newPage();
      await page.goto('/sign-in');
      expect((await new AxeBuilder({ page }).analyze()).violations, '/sign-in').toEqual([]);
      await signIn(page, 'admin');
      for (const path of PAGES) {
        await page.goto(path);
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(
          violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`),
          path,
        ).toEqual([]);
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect(overflow, `${path} scrolls sideways`).toBeLessThanOrEqual(0);
      }
      await context.close();
    });
  }
}
