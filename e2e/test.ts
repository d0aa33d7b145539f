import { type BrowserContext, test as base, expect } from '@playwright/test';

/**
 * A test that fails on any error that a page throws and nobody catches, in whichever window. Among them is
 * what React says where a page comes alive as another than the server's: it then makes the page anew, and
 * what somebody has entered meanwhile is gone.
 */
export const test = base.extend<{ soundPages: undefined }>({
  soundPages: [
    async ({ browser }, use) => {
      const errors: string[] = [];
      const listen = (context: BrowserContext) => {
        context.on('weberror', (thrown) => {
          errors.push(`${thrown.page()?.url() ?? 'a page'}: ${thrown.error().message}`);
        });
      };
      browser.on('context', listen);
      await use(undefined);
      browser.off('context', listen);
      expect(errors, 'errors that pages threw').toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };
