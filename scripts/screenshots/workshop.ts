import type { Browser, Page } from '@playwright/test';
import type { Camera } from './camera';

const TARGET = '/targets/workshop-development';

/** One page for each thing that a round trip can say about a script. */
const SCRIPTS = {
  residue: '0002_tool_status',
  'no-effect': '0003_due_dates',
  'removes-too-much': '0004_search_by_name',
  ambiguous: '0005_members',
  refused: '0006_notes',
  'paired-by-proof': '0007_labels',
  'older-data': '0009_rack_codes',
};

/** The target with troubled scripts and a drifted schema, up to a preview on a copy of it. */
export async function takeWorkshop(camera: Camera, browser: Browser, page: Page): Promise<void> {
  await camera.open(page, TARGET);
  await page.getByText('Drifted in 1 object').waitFor({ timeout: 90_000 });
  await camera.shoot(page, 'workshop-target');
  await camera.shoot(page, 'workshop-drift', { at: `${TARGET}/drift` });
  for (const [name, tag] of Object.entries(SCRIPTS)) {
    await camera.open(page, `${TARGET}/migrations/${tag}`);
    if (name === 'ambiguous') {
      await page.getByText('What its round trip said').click();
      await page.getByText('Its SQL').click();
    }
    await camera.shoot(page, `migration-${name}`);
  }
  await camera.open(page, `${TARGET}?to=0006_notes`);
  await page.getByLabel('Reason').fill('Rack codes cut the long names');
  await page.getByRole('button', { name: 'Create rollback' }).click();
  await page.waitForURL(/RB-\d+/);
  const room = new URL(page.url()).pathname;
  await camera.open(page, `${room}?step=preview`);
  await page
    .getByText(/on a copy of the live schema: all 3 steps passed/)
    .waitFor({ timeout: 60_000 });
  await camera.shoot(page, 'workshop-preview');
  await page
    .getByRole('tab', { name: /Data loss/ })
    .first()
    .click();
  await page.getByText('Round trip', { exact: true }).first().click();
  await camera.shoot(page, 'workshop-preview-loss');
  await camera.shoot(page, 'workshop-plan', { at: `${room}?step=plan` });
  await camera.shoot(page, 'workshop-approval', { at: `${room}?step=approval` });
  const auditor = await camera.person(browser, 'auditor');
  await camera.shoot(auditor, 'workshop-preview-auditor', { at: `${room}?step=preview` });
}
