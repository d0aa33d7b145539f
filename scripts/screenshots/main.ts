import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Browser, chromium } from '@playwright/test';
import { Camera } from './camera';
import { takePreview, takeTheWay } from './production';
import { takeRestored, takeSwap } from './restore';
import { takeWorkshop } from './workshop';

const PORT = 4_500 + (process.pid % 200);
const BASE = `http://localhost:${PORT}`;
/** With a folder as argument every page is taken, in both themes and widths; else the README's alone. */
const everything = process.argv[2] ?? null;

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

async function takeAll(browser: Browser): Promise<void> {
  const camera = new Camera(BASE, everything);
  const page = await camera.person(browser, 'oncall');
  const room = await takeRestored(camera, page);
  // Before the rollback: its pictures show the state that was swapped back in.
  if (everything) await takeSwap(camera, browser, page, room);
  await takePreview(camera, page);
  if (!everything) return;
  await takeTheWay(camera, browser, page);
  await takeWorkshop(camera, browser, page);
  const admin = await camera.person(browser, 'admin');
  await camera.shoot(admin, 'history', { at: '/history' });
  await camera.shoot(admin, 'settings', { at: '/settings' });
}

main().catch((cause: unknown) => {
  console.error(cause);
  process.exit(1);
});
