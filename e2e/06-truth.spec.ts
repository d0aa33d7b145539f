import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { applyMigrations } from '@/examples/agentim/apply';
import { acknowledgeDangers, dangersPanel } from './dangers';
import { controlUrl, query, sampleUrl, schemaDump } from './database';
import { windowOf } from './people';
import { expect, test } from './test';

/** The workshop's rollback scripts are of every doubtful kind; each is called what it is. */
test.describe.configure({ mode: 'serial' });

const TARGET = 'workshop-development';
const PAGE = `/targets/${TARGET}`;
const MIGRATIONS = fileURLToPath(new URL('../examples/workshop/drizzle', import.meta.url));
const DANGERS = [
  'Loses or changes older data: 0009_rack_codes',
  'Changes every row of tools: no WHERE',
  'Drops column rack_code',
  'Drops column opened_on',
  'Drops table labels',
];
let url: string;
let label = '';

test.beforeAll(async () => {
  url = await sampleUrl('workshop_development');
});

const rowOf = (page: Page, tag: string) =>
  page.getByRole('table', { name: 'Migrations' }).getByRole('row').filter({ hasText: tag }).first();

test('the list says of each script what its round trip says', async ({ browser }) => {
  const { page, context } = await windowOf(browser, 'oncall');
  await page.goto(PAGE);
  await page.getByRole('button', { name: 'Check now' }).click();
  for (const [tag, grade] of [
    ['0009_rack_codes', 'Column order differs, loses data'],
    ['0008_opened_on', 'Proven, loses data'],
    ['0007_labels', 'Proven, loses data'],
    ['0006_notes', 'Refused'],
    ['0005_members', 'Ambiguous'],
    ['0004_search_by_name', 'Removes too much'],
    ['0003_due_dates', 'No effect'],
    ['0002_tool_status', 'Leaves residue'],
    ['0001_loans', 'Proven, loses data'],
  ] as const) {
    await expect(
      rowOf(page, tag).getByText(grade, { exact: true }).filter({ visible: true }),
    ).toBeVisible({
      timeout: 90_000,
    });
  }
  await expect(rowOf(page, '0007_labels')).toContainText('−1 table');
  // A phone has no room for the column, and shows the grade all the same.
  await page.setViewportSize({ width: 390, height: 844 });
  await expect(
    rowOf(page, '0004_search_by_name').getByText('Removes too much').filter({ visible: true }),
  ).toBeVisible();
  await expect(page.getByText('The chain stops at 0006')).toBeVisible();
  await expect(
    page
      .getByRole('table', { name: 'Migrations' })
      .getByText(/The rollback script of 0006_notes can’t be used/),
  ).toBeVisible();
  for (const tag of ['0006_notes', '0007_labels', '0008_opened_on']) {
    await expect(rowOf(page, tag).getByRole('button', { name: /Roll back to here/ })).toBeVisible();
  }
  for (const tag of ['0005_members', '0003_due_dates', '0001_loans']) {
    await expect(rowOf(page, tag).getByRole('button', { name: /Roll back to here/ })).toHaveCount(
      0,
    );
  }
  await expect(
    page.getByText(/0005_drop_feature_tables\.sql shares only its number/),
  ).toBeVisible();
  await context.close();
});

test('what somebody made by hand is named as drift', async ({ browser }) => {
  const { page, context } = await windowOf(browser, 'oncall');
  await page.goto(PAGE);
  await page.getByRole('link', { name: 'Drifted in 1 object' }).click();
  await expect(page).toHaveURL(new RegExp(`${PAGE}/drift$`));
  const report = page.getByRole('region', { name: 'Live schema against the files' });
  await expect(report).toContainText('1 object differs');
  await expect(report).toContainText('loans_borrower_hotfix_idx ON public.loans');
  await expect(report).toContainText('0009_rack_codes');
  await expect(report).toContainText('rehearsed on a copy of the live schema');
  await context.close();
});

test('each doubtful script has its sentence on the page of its migration', async ({ browser }) => {
  const { page, context } = await windowOf(browser, 'auditor');
  const main = page.getByRole('main');
  const trip = page.getByRole('region', { name: 'Round trip' });
  const open = (tag: string) => page.goto(`${PAGE}/migrations/${tag}`);

  // Shares its number with the migration, and would drop an older table.
  await open('0005_members');
  await expect(main).toContainText('It is not certain which script belongs to this migration');
  await expect(main).toContainText('until then the chain stops here');
  const candidate = page.getByRole('list', { name: 'Candidates' }).getByRole('listitem').first();
  await expect(candidate).toContainText('0005_drop_feature_tables.sql');
  await expect(candidate).toContainText('Removes too much');
  await expect(candidate).toContainText('shares only its number with 0005_members');
  await candidate.getByText('What its round trip said').click();
  await expect(candidate.getByText('table public.loans', { exact: true })).toBeVisible();
  await candidate.getByText('Its SQL').click();
  await expect(candidate.getByText('DROP TABLE IF EXISTS "loans" CASCADE;')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Roll back to here' })).toHaveCount(0);

  // Of another project.
  await open('0003_due_dates');
  await expect(main).toContainText('The rollback script undoes nothing');
  await expect(trip).toContainText('No effect');
  await expect(trip).toContainText('column public.loans.due_at');
  await expect(trip).toContainText('Names nothing that the migration touched');

  // With words that Backstep does not run.
  await open('0006_notes');
  await expect(main).toContainText('The rollback script can’t be used');
  await expect(trip).toContainText(/Changing lock_timeout to 0 is refused/);
  await expect(trip).toContainText('COMMIT is refused: each script runs in one transaction');

  // Takes what it did not bring.
  await open('0004_search_by_name');
  await expect(main).toContainText('The rollback script removes too much');
  await expect(trip).toContainText('index public.tools_name_idx');

  // Forgets a type, so that the migration can’t come back.
  await open('0002_tool_status');
  await expect(trip).toContainText('Leaves residue');
  await expect(trip).toContainText('type public.tool_status');
  await expect(trip).toContainText('the migration can’t be applied again as it is');

  // Named otherwise, and paired because it is exact.
  await open('0007_labels');
  await expect(trip).toContainText('0007_remove_labels.sql, paired by round trip');
  await expect(trip).toContainText('Proven, loses data');
  await expect(trip).toContainText('because the round trip is exact');

  // Brings old values back as others.
  await open('0009_rack_codes');
  await expect(trip).toContainText('Rows or values from before the migration are lost or changed');
  await expect(trip).toContainText(/public\.tools\.rack: .* values are different/);
  await context.close();
});

test('a rollback of the drifted target is rehearsed on a copy of it, and says why', async ({
  browser,
}) => {
  const { page, context } = await windowOf(browser, 'oncall');
  await page.goto(PAGE);
  await rowOf(page, '0006_notes')
    .getByRole('button', { name: /Roll back to here/ })
    .click();
  await expect(page.getByText(/undo 3 migrations/)).toBeVisible();
  await page.getByLabel('Reason').fill('Rack codes cut the long names');
  await page.getByRole('button', { name: 'Create rollback' }).click();
  await expect(page).toHaveURL(/\/rollbacks\/RB-\d+/);
  label = /RB-\d+/.exec(page.url())?.[0] ?? '';

  await page.goto(`/rollbacks/${label}?step=preview`);
  await expect(
    page.getByText(/Rehearsed on a copy of the live schema: all 3 steps passed/),
  ).toBeVisible({ timeout: 90_000 });
  await expect(page.getByText(/The live schema differs from the files in 1 object/)).toBeVisible();
  await expect(page.getByRole('region', { name: 'Schema drift' })).toContainText(
    'loans_borrower_hotfix_idx',
  );

  const step = (tag: string) => page.getByRole('region', { name: tag, exact: true });
  await expect(step('0009_rack_codes')).toContainText('Column order differs, loses data');
  await expect(step('0007_labels')).toContainText('Proven, loses data');
  const [live] = await query<{ tools: number; codes: number; opened: number; labels: number }>(
    url,
    `SELECT count(*)::int AS tools, count(rack_code)::int AS codes, count(opened_on)::int AS opened,
            (SELECT count(*)::int FROM labels) AS labels
       FROM tools`,
  );
  const lost = async (tag: string, object: string, words: string) => {
    await step(tag)
      .getByRole('tab', { name: /Data loss/ })
      .click();
    await expect(
      step(tag)
        .getByRole('row')
        .filter({ has: page.getByText(object, { exact: true }) }),
    ).toContainText(words);
  };
  await lost('0009_rack_codes', 'public.tools', `${live?.tools} rows`);
  await lost('0009_rack_codes', 'public.tools.rack_code', `${live?.codes} values`);
  await lost('0008_opened_on', 'public.tools.opened_on', `${live?.opened} values`);
  await lost('0007_labels', 'public.labels', `${live?.labels} rows`);
  await context.close();
});

test('an auditor sees all of it and can tick nothing', async ({ browser }) => {
  const { page, context } = await windowOf(browser, 'auditor');
  await page.goto(`/rollbacks/${label}?step=preview`);
  const panel = dangersPanel(page);
  await expect(panel.getByText('0 of 5 acknowledged', { exact: true })).toBeVisible();
  for (const title of DANGERS) {
    const box = panel.getByRole('checkbox', { name: title, exact: true });
    await expect(box).toHaveAttribute('aria-disabled', 'true');
    await expect(box).toHaveAccessibleDescription(/role/i);
    await box.click({ force: true });
    await expect(box).not.toBeChecked();
  }
  await page.goto(`${PAGE}/drift`);
  await expect(page.getByText(/loans_borrower_hotfix_idx/)).toBeVisible();
  await context.close();
});

test('forged acknowledgements and checks of the wrong role are refused and written down', async ({
  browser,
}) => {
  const control = await controlUrl();
  const counts = () =>
    query(
      control,
      `SELECT (SELECT count(*)::int FROM backstep.acknowledgements WHERE rollback_id = $1) AS taken,
              (SELECT count(*)::int FROM backstep.audit_log WHERE action = 'target.check') AS asked`,
      [Number(label.slice(3))],
    );
  const refused = (role: string) =>
    query<{ action: string }>(
      control,
      "SELECT payload->>'action' AS action FROM backstep.audit_log WHERE action = 'action.refused' AND actor_role = $1 ORDER BY seq",
      [role],
    );
  const before = await counts();
  for (const [who, expected] of [
    ['auditor', { acknowledge: 403, check_target: 403 }],
    ['reviewer', { acknowledge: 403 }],
  ] as const) {
    const { page, context } = await windowOf(browser, who);
    const known = (await refused(who)).length;
    for (const [action, status] of Object.entries(expected)) {
      const answer = await page.evaluate(
        async ([name, rollback]) => {
          const { status } = await fetch(`/api/actions/${name}`, {
            method: 'POST',
            headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify(
              name === 'check_target'
                ? { target: 'workshop-development' }
                : { rollback, digest: 'x', key: 'x' },
            ),
          });
          return status;
        },
        [action, label] as const,
      );
      expect(answer, `${action} by ${who}`).toBe(status);
    }
    const written = (await refused(who)).slice(known).map((row) => row.action);
    expect(written, who).toEqual(Object.keys(expected));
    await context.close();
  }
  expect(await counts()).toEqual(before);
});

test('with every danger taken on and a backup it runs without approval, and is verified', async ({
  browser,
}) => {
  const { page, context } = await windowOf(browser, 'oncall');
  await page.goto(`/rollbacks/${label}?step=backup`);
  await page.getByRole('button', { name: 'Take backup' }).click();
  await expect(page.getByText('Confirmed', { exact: true }).first()).toBeVisible({
    timeout: 90_000,
  });
  await page.goto(`/rollbacks/${label}?step=approval`);
  await expect(page.getByText('This target needs no approval')).toBeVisible();
  await page.getByRole('button', { name: 'Read the dangers' }).click();
  const run = page.getByRole('button', { name: `Run rollback on ${TARGET}` });
  await expect(run).toHaveAttribute('aria-disabled', 'true');
  await expect(run).toHaveAccessibleDescription(/5 dangers have not been acknowledged/);
  await acknowledgeDangers(page, DANGERS);
  await expect(run).not.toHaveAttribute('aria-disabled', 'true');

  await run.click();
  const dialog = page.getByRole('dialog').or(page.getByRole('alertdialog'));
  await dialog.getByRole('textbox').fill(TARGET);
  await dialog.getByRole('button', { name: `Run rollback on ${TARGET}` }).click();
  await expect(page.getByText(/Changed and verified/).first()).toBeVisible({ timeout: 60_000 });

  // A workshop that never was newer than 0006, with the same index made by hand.
  const admin = await sampleUrl('postgres');
  const fresh = admin.replace(/\/postgres$/, '/compare_workshop_0006');
  await query(admin, 'CREATE DATABASE compare_workshop_0006 TEMPLATE template0');
  await applyMigrations(fresh, { folder: MIGRATIONS, to: 6 });
  await query(fresh, 'CREATE INDEX loans_borrower_hotfix_idx ON loans (borrower)');
  // The column that came back stands last, as its grade says.
  const objects = (dump: string) => dump.replaceAll(/,$/gm, '').split('\n').sort();
  expect(objects(await schemaDump(url))).toEqual(objects(await schemaDump(fresh)));
  await context.close();
});

test('then the target says what migrate() would apply, and that the fence is up', async ({
  browser,
}) => {
  const { page, context } = await windowOf(browser, 'oncall');
  await page.goto(PAGE);
  await expect(page.getByText('The fence is up', { exact: true })).toBeVisible();
  const forecast = page.getByRole('region', { name: 'The next migrate() of this folder' });
  await expect(forecast).toContainText('The fence is up, so migrate() is refused');
  await expect(forecast.getByRole('listitem')).toHaveText([
    '0007_labels',
    '0008_opened_on',
    '0009_rack_codes',
  ]);
  await expect(rowOf(page, '0009_rack_codes')).toContainText('Pending');

  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await expect(migrate(drizzle(client), { migrationsFolder: MIGRATIONS })).rejects.toThrow();
    const { rows } = await client.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM drizzle.__drizzle_migrations',
    );
    expect(rows[0]?.n).toBe(7);
  } finally {
    await client.end();
  }
  await context.close();
});
