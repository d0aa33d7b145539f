import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { defineConfig } from '@playwright/test';

const PORT = Number(process.env.BACKSTEP_E2E_PORT ?? 4173);
// One demo for all files, in a folder of its own. Workers inherit the choice.
process.env.BACKSTEP_E2E_HOME ??= mkdtempSync(path.join(tmpdir(), 'backstep-e2e-'));

/**
 * The browser tests follow the spine, in the order of their numbers, on one demo: each file goes on
 * from what the one before has left, as people do.
 */
export default defineConfig({
  testDir: 'e2e',
  fullyParallel: false,
  workers: 1,
  retries: 0,
  maxFailures: 0,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  outputDir: 'test-results',
  reporter: [['list']],
  use: {
    baseURL: `http://localhost:${PORT}`,
    viewport: { width: 1280, height: 900 },
    timezoneId: 'Europe/Vienna',
    locale: 'en-GB',
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.BACKSTEP_CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-dev-shm-usage',
        '--disable-gpu',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--disable-quic',
      ],
    },
  },
  webServer: {
    command: 'node --enable-source-maps dist/demo.mjs',
    url: `http://localhost:${PORT}/api/health`,
    timeout: 120_000,
    reuseExistingServer: false,
    stdout: 'ignore',
    stderr: 'pipe',
    gracefulShutdown: { signal: 'SIGTERM', timeout: 40_000 },
    env: {
      PORT: String(PORT),
      BACKSTEP_HOME: process.env.BACKSTEP_E2E_HOME,
      BACKSTEP_URL: `http://localhost:${PORT}`,
    },
  },
});
