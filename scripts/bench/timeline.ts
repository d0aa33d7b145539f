import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Browser, chromium, type Page } from '@playwright/test';
import { OUTCOME_LABELS } from '@/lib/core/rollback';
import { applyFolder, createDatabase, databaseUrl } from './databases';
import { writeFolder } from './folders';
import { type Line, once, timed, words } from './measure';
import { EMAIL, PASSWORD, type Product, startProduct } from './product-server';
import { prepareRollback, pressRun, type ReadyRollback } from './run-chain';

const TARGET = 'bench-timeline';
/** Each begins and ends with an event. */
const STATEMENTS = 5_000;
const LOADS = 30;
const MEGABYTE = 1_000_000;

/**
 * A run of so many statements that its timeline has 10,000 events, with a browser that looks on; then
 * the page of it, again and again.
 * @param serverUrl a durable server
 */
export async function benchTimeline(serverUrl: string): Promise<Line[]> {
  const home = await mkdtemp(path.join(tmpdir(), 'backstep-bench-timeline-'));
  let product: Product | undefined;
  let browser: Browser | undefined;
  try {
    const folder = await writeFolder(path.join(home, 'long'), 2, (n) =>
      n === 0
        ? { up: 'CREATE TABLE kept (n int)', down: '' }
        : { up: 'CREATE TABLE lines (n int, text text)', down: longScript() },
    );
    await createDatabase(serverUrl, 'bench_timeline');
    await applyFolder(databaseUrl(serverUrl, 'bench_timeline'), folder.migrations);
    product = await startProduct(home, serverUrl, [{ name: TARGET, folder }]);
    browser = await chromium.launch({
      executablePath: process.env.BACKSTEP_CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
    });
    const ready = await prepareRollback(product.person, TARGET);
    return [
      ...(await inBrowser(product, browser, ready)),
      ...(await overHttp(product, ready, browser)),
    ];
  } finally {
    await browser?.close();
    await product?.stop();
    await rm(home, { recursive: true, force: true });
  }
}

function longScript(): string {
  const lines = Array.from(
    { length: STATEMENTS - 1 },
    (_, n) => `INSERT INTO lines VALUES (${n}, 'line ${n}');`,
  );
  return `${lines.join('\n')}\nDROP TABLE lines;`;
}

/** How long the page could not answer, since it was last asked. */
const BLOCKED = `(() => {
  window.longest = 0;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
  }).observe({ type: 'longtask', buffered: true });
})()`;

async function inBrowser(
  product: Product,
  browser: Browser,
  ready: ReadyRollback,
): Promise<Line[]> {
  const page = await (await browser.newContext()).newPage();
  await page.addInitScript(BLOCKED);
  await page.goto(`${product.url}/sign-in`);
  await page.getByLabel('Email').fill(EMAIL);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Targets' }).waitFor();
  const room = `${product.url}/rollbacks/${ready.label}?step=run`;
  await page.goto(room);
  await pressRun(product.person, ready);
  await atItsEnd(page);
  const live = await longestTask(page);
  const opened = await once(async () => {
    // The page asks for more events once it lives.
    const alive = page.waitForRequest(/\/events\?after=/);
    await page.goto(room);
    await alive;
    await atItsEnd(page);
  });
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const { metrics } = await session.send('Performance.getMetrics');
  const metric = (name: string) => metrics.find((one) => one.name === name)?.value ?? Number.NaN;
  const elements = await page.locator('*').count();
  return [
    [
      `a browser that looks on at a run of ${STATEMENTS.toLocaleString('en')} statements`,
      `longest pause ${live.toFixed(0)} ms`,
      '',
      '',
    ],
    [
      'the same timeline opened anew',
      `${opened.toFixed(0)} ms until it lives, longest pause ${(await longestTask(page)).toFixed(0)} ms`,
      `${elements.toLocaleString('en')} elements, heap ${(metric('JSHeapUsedSize') / MEGABYTE).toFixed(0)} MB`,
      '',
    ],
  ];
}

const atItsEnd = (page: Page): Promise<void> =>
  page.getByText(OUTCOME_LABELS.changed_verified).first().waitFor();

const longestTask = (page: Page): Promise<number> =>
  page.evaluate(() => (window as unknown as { longest: number }).longest);

async function overHttp(
  { person, webMemory }: Product,
  ready: ReadyRollback,
  browser: Browser,
): Promise<Line[]> {
  // It would go on reading the room.
  for (const context of browser.contexts()) await context.close();
  let bytes = 0;
  const load = async () => {
    bytes = (await (await person.get(`/rollbacks/${ready.label}?step=run`)).text()).length;
  };
  const page = await timed(LOADS, load);
  const before = await webMemory();
  const again = await timed(2 * LOADS, load);
  const after = await webMemory();
  return [
    [
      `its page, whole answer of ${(bytes / MEGABYTE).toFixed(1)} MB`,
      words(page),
      `${2 * LOADS} more ${words(again)}`,
      (again.median / page.median).toFixed(2),
    ],
    [
      'memory of the web server after the first and the others',
      `${(before / MEGABYTE).toFixed(0)} MB`,
      `${(after / MEGABYTE).toFixed(0)} MB`,
      (after / before).toFixed(2),
    ],
  ];
}
