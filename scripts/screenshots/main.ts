import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Browser, chromium, type Page } from '@playwright/test';
import { DEMO_PASSWORD } from '@/lib/demo/people';

const PORT = 4_500 + (process.pid % 200);
const BASE = `http://localhost:${PORT}`;
const TARGET = 'agentim-production';
/** With a folder as argument every page is taken, in both themes and widths; else the README's alone. */
const everything = process.argv[2];

async function main(): Promise<void> {
  const home = await mkdtemp(path.join(tmpdir(), 'backstep-shots-'));
  const demo = spawn(process.execPath, ['dist/demo.mjs'], {
    env: { ...process.env, PORT: String(PORT), BACKSTEP_HOME: home, BACKSTEP_URL: BASE },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const browser = await chromium.launch({
    executablePath: process.env.BACKSTEP_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-dev-shm-usage',
      '--disable-gpu',
      '--disable-background-networking',
    ],
  });
  try {
    await ready(demo);
    await takeAll(browser);
  } finally {
    await browser.close();
    const ended = new Promise((resolve) => demo.once('exit', resolve));
    demo.kill('SIGTERM');
    await ended;
    await rm(home, { recursive: true, force: true });
  }
}

function ready(demo: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    demo.stdout?.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('Backstep is ready')) resolve();
    });
    demo.once('exit', (code) => reject(new Error(`the demo ended with ${code}`)));
  });
}

async function person(browser: Browser, who: string): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    deviceScaleFactor: 2,
    timezoneId: 'Europe/Vienna',
    locale: 'en-GB',
  });
  const page = await context.newPage();
  await page.goto(`${BASE}/sign-in`);
  if (who === 'oncall') await shoot(page, 'sign-in');
  await page.getByLabel('Email').fill(`${who}@example.com`);
  await page.getByLabel('Password').fill(DEMO_PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Targets' }).waitFor();
  return page;
}

async function takeAll(browser: Browser): Promise<void> {
  const page = await person(browser, 'oncall');
  await shoot(page, 'targets');
  await page.goto(`${BASE}/targets/${TARGET}`);
  await page.getByRole('table', { name: 'Migrations' }).waitFor();
  await shoot(page, 'target');
  await page.goto(`${BASE}/targets/${TARGET}?to=0032_add_service_agents_created_by_idx`);
  await page.getByLabel('Reason').fill('Deploy 2026.10.2 raised p99; bookmarks answer slowly');
  await page.getByLabel('Incident').fill('INC-482');
  await shoot(page, 'target-chosen', { reload: false });
  await page.getByRole('button', { name: 'Create rollback' }).click();
  await page.waitForURL(/RB-0001/);
  await page.goto(`${BASE}/rollbacks/RB-0001?step=preview`);
  await page
    .getByText(/steps passed/)
    .first()
    .waitFor({ timeout: 60_000 });
  await mkdir('docs/images', { recursive: true });
  await page.screenshot({ path: 'docs/images/room.png' });
  if (!everything) return;

  await shoot(page, 'room-plan', { at: '/rollbacks/RB-0001?step=plan' });
  await shoot(page, 'room-preview', { at: '/rollbacks/RB-0001?step=preview' });
  await shoot(page, 'room-backup-before', { at: '/rollbacks/RB-0001?step=backup' });
  await page.goto(`${BASE}/rollbacks/RB-0001?step=backup`);
  await page.getByRole('button', { name: 'Take backup' }).click();
  await page.getByText('Confirmed', { exact: true }).first().waitFor({ timeout: 60_000 });
  await shoot(page, 'room-backup');
  await page.goto(`${BASE}/rollbacks/RB-0001?step=approval`);
  await shoot(page, 'room-approval-before');
  await page.getByRole('button', { name: 'Request approval' }).click();
  await page.getByText('Waiting for approval').first().waitFor();
  await shoot(page, 'room-approval-waiting');

  const reviewer = await person(browser, 'reviewer');
  await shoot(reviewer, 'rollbacks-pending', { at: '/rollbacks?status=awaiting_approval' });
  await reviewer.goto(`${BASE}/rollbacks/RB-0001`);
  await shoot(reviewer, 'room-approval-reviewer');
  await reviewer.getByLabel('Comment').fill('Read the diff.');
  await reviewer.getByRole('button', { name: 'Approve', exact: true }).click();
  await page.goto(`${BASE}/rollbacks/RB-0001?step=run`);
  await page.getByRole('button', { name: `Run rollback on ${TARGET}` }).waitFor();
  await shoot(page, 'room-run-before');
  await page.getByRole('button', { name: `Run rollback on ${TARGET}` }).click();
  await shoot(page, 'room-run-dialog', { reload: false });
  const dialog = page.getByRole('dialog').or(page.getByRole('alertdialog'));
  await dialog.getByRole('textbox').fill(TARGET);
  await dialog.getByRole('button', { name: `Run rollback on ${TARGET}` }).click();
  await page
    .getByText(/Changed and verified/)
    .first()
    .waitFor({ timeout: 60_000 });
  await shoot(page, 'room-run-after', { at: '/rollbacks/RB-0001?step=run' });
  await shoot(page, 'room-verify', { at: '/rollbacks/RB-0001?step=verify' });
  await shoot(page, 'targets-after', { at: '/' });
  await shoot(page, 'target-staging', { at: '/targets/agentim-staging' });
  await shoot(page, 'migration', {
    at: `/targets/${TARGET}/migrations/0034_add_unique_name_indexes`,
  });
  await shoot(page, 'rollbacks', { at: '/rollbacks' });
  const admin = await person(browser, 'admin');
  await shoot(admin, 'history', { at: '/history' });
  await shoot(admin, 'settings', { at: '/settings' });
}

async function shoot(
  page: Page,
  name: string,
  options: { at?: string; reload?: boolean } = {},
): Promise<void> {
  if (!everything) return;
  await mkdir(everything, { recursive: true });
  if (options.at) await page.goto(BASE + options.at);
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
      await page.waitForLoadState('networkidle', { timeout: 2_000 }).catch(() => undefined);
      const file = path.join(everything, `${name}-${scheme}-${width}.png`);
      await page.screenshot({ path: file, fullPage: options.reload !== false });
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 900 });
}

main().catch((cause: unknown) => {
  console.error(cause);
  process.exit(1);
});
