import { mkdir } from 'node:fs/promises';
import type { Browser, Page } from '@playwright/test';
import { type Camera, dialogOf } from './camera';

const TARGET = 'agentim-production';
const room = (step: string) => `/rollbacks/RB-0001?step=${step}`;

/** From the targets to the preview of the first rollback, whose picture the README shows. */
export async function takePreview(camera: Camera, page: Page): Promise<void> {
  await camera.shoot(page, 'targets');
  await camera.open(page, `/targets/${TARGET}`);
  await page.getByText('Matches migrations').waitFor({ timeout: 90_000 });
  await page.getByText('Not proven yet').first().waitFor({ state: 'hidden', timeout: 90_000 });
  await camera.shoot(page, 'target');
  await camera.open(page, `/targets/${TARGET}?to=0032_add_service_agents_created_by_idx`);
  await page.getByLabel('Reason').fill('Deploy 2026.10.2 raised p99; bookmarks answer slowly');
  await page.getByLabel('Incident').fill('INC-482');
  await camera.shoot(page, 'target-chosen', { windowOnly: true });
  await page.getByRole('button', { name: 'Create rollback' }).click();
  await page.waitForURL(/RB-0001/);
  await camera.open(page, room('preview'));
  await page
    .getByText(/steps passed/)
    .first()
    .waitFor({ timeout: 60_000 });
  await mkdir('docs/images', { recursive: true });
  await page.screenshot({ path: 'docs/images/room.png' });
}

/** The rest of the way: dangers, backup, approval, run, verify. */
export async function takeTheWay(camera: Camera, browser: Browser, page: Page): Promise<void> {
  await camera.shoot(page, 'room-plan', { at: room('plan') });
  await camera.shoot(page, 'room-preview', { at: room('preview') });
  const tabs = page.getByRole('tablist');
  await tabs
    .nth(0)
    .getByRole('tab', { name: /Data loss/ })
    .click();
  await tabs
    .nth(1)
    .getByRole('tab', { name: /Schema diff/ })
    .click();
  await tabs
    .nth(2)
    .getByRole('tab', { name: /Data loss/ })
    .click();
  await page.getByText('Round trip', { exact: true }).first().click();
  await camera.shoot(page, 'room-preview-tabs');
  await camera.shoot(page, 'room-backup-before', { at: room('backup') });
  await page.getByRole('button', { name: 'Take backup' }).click();
  await page.getByText('Confirmed', { exact: true }).first().waitFor({ timeout: 60_000 });
  await page.getByText(/^Rehearsed on backup B-/).waitFor({ timeout: 90_000 });
  await camera.shoot(page, 'room-backup');
  await camera.shoot(page, 'room-approval-before', { at: room('approval') });
  await camera.open(page, room('preview'));
  await tickDangers(camera, page);
  await camera.open(page, room('approval'));
  await page.getByRole('button', { name: 'Request approval' }).click();
  await page.getByText('Waiting for approval').first().waitFor();
  await camera.shoot(page, 'room-approval-waiting');

  const reviewer = await camera.person(browser, 'reviewer');
  await camera.shoot(reviewer, 'rollbacks-pending', { at: '/rollbacks?status=awaiting_approval' });
  await camera.shoot(reviewer, 'room-approval-reviewer', { at: '/rollbacks/RB-0001' });
  await reviewer.getByLabel('Comment').fill('Read the diff.');
  await reviewer.getByRole('button', { name: 'Approve', exact: true }).click();
  await camera.open(page, room('run'));
  const run = page.getByRole('button', { name: `Run rollback on ${TARGET}` });
  await run.waitFor();
  await camera.shoot(page, 'room-run-before');
  await run.click();
  await camera.shoot(page, 'room-run-dialog', { windowOnly: true });
  await dialogOf(page).getByRole('textbox').fill(TARGET);
  await dialogOf(page)
    .getByRole('button', { name: `Run rollback on ${TARGET}` })
    .click();
  await page
    .getByText(/Changed and verified/)
    .first()
    .waitFor({ timeout: 60_000 });
  await camera.shoot(page, 'room-run-after', { at: room('run') });
  await camera.shoot(page, 'room-verify', { at: room('verify') });
  await camera.shoot(page, 'targets-after', { at: '/' });
  await camera.shoot(page, 'target-staging', { at: '/targets/agentim-staging' });
  await camera.shoot(page, 'drift-none', { at: '/targets/agentim-staging/drift' });
  await camera.shoot(page, 'migration-exact', {
    at: `/targets/${TARGET}/migrations/0034_add_unique_name_indexes`,
  });
  await camera.shoot(page, 'rollbacks', { at: '/rollbacks' });
}

/** One by one, with a picture of the box that has just been ticked. */
async function tickDangers(camera: Camera, page: Page): Promise<void> {
  const panel = page.getByRole('region', { name: 'Dangers to acknowledge' });
  const boxes = panel.getByRole('checkbox');
  await boxes.first().waitFor();
  const all = await boxes.count();
  for (let position = 0; position < all; position++) {
    await boxes.nth(position).click();
    await panel.getByText(`${position + 1} of ${all} acknowledged`, { exact: true }).waitFor();
    if (position === 0) await camera.shoot(page, 'room-preview-ticking', { windowOnly: true });
  }
  await camera.shoot(page, 'room-preview-acknowledged');
}
