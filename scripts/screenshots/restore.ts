import { mkdir } from 'node:fs/promises';
import type { Browser, Page } from '@playwright/test';
import { type Camera, dialogOf } from './camera';

const TARGET = 'agentim-production';

/**
 * Yesterday's backup restored beside production, whose picture the README shows.
 * @returns address of the restore
 */
export async function takeRestored(camera: Camera, page: Page): Promise<string> {
  await camera.shoot(page, 'backups', { at: '/backups' });
  await camera.open(page, '/backups/B-0001');
  await page
    .getByRole('region', { name: 'Test restore of B-0001' })
    .getByText('Restored and verified')
    .waitFor({ timeout: 90_000 });
  await camera.shoot(page, 'backup');
  await camera.open(page, `/restore?target=${TARGET}`);
  await camera.shoot(page, 'restore-choice');
  await page.getByLabel('Reason').fill('Sign-ins of the new release wrote into the wrong rooms');
  await page.getByLabel('Incident').fill('INC-519');
  await page.getByRole('button', { name: 'Create restore' }).click();
  await page.waitForURL(/ER-\d+/);
  const room = new URL(page.url()).pathname;
  await camera.shoot(page, 'restore-draft');
  await press(page, 'Restore into new database', TARGET);
  await page.getByText('The copy is what the backup says').waitFor({ timeout: 90_000 });
  await mkdir('docs/images', { recursive: true });
  await page.screenshot({ path: 'docs/images/restore.png' });
  await camera.shoot(page, 'restore-restored');
  return room;
}

/** The rest of it: approval, swap, swap back. */
export async function takeSwap(
  camera: Camera,
  browser: Browser,
  page: Page,
  room: string,
): Promise<void> {
  await page.getByRole('button', { name: 'Request approval' }).click();
  await page.getByText('Waiting for approval').first().waitFor();
  const reviewer = await camera.person(browser, 'reviewer');
  await camera.shoot(reviewer, 'restore-reviewer', { at: room });
  await reviewer.getByRole('button', { name: 'Approve', exact: true }).click();
  await reviewer.getByText('Approved').first().waitFor();
  await camera.open(page, room);
  await camera.shoot(page, 'restore-approved');
  await page.getByRole('button', { name: `Swap on ${TARGET}` }).click();
  await camera.shoot(page, 'restore-swap-dialog', { windowOnly: true });
  await dialogOf(page).getByRole('textbox').fill(TARGET);
  await dialogOf(page)
    .getByRole('button', { name: `Swap on ${TARGET}` })
    .click();
  await page.getByText('is the restored database').waitFor({ timeout: 60_000 });
  await camera.shoot(page, 'restore-swapped');
  await press(page, 'Swap back', TARGET);
  await page.getByText('is the former database again').waitFor({ timeout: 60_000 });
  await camera.shoot(page, 'restore-swapped-back');
  await camera.shoot(page, 'restores', { at: '/restore' });
}

/** Presses a button, and says yes to the question with what has to be typed. */
async function press(page: Page, name: string, typed: string): Promise<void> {
  await page.getByRole('button', { name }).click();
  await dialogOf(page).getByRole('textbox').fill(typed);
  await dialogOf(page).getByRole('button', { name }).click();
}
