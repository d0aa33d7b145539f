import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Grade, Proof } from '@/lib/core/proof';
import { proofKey } from '@/lib/core/proof-key';
import { listEntries } from '@/lib/folders';
import { editJournal, type SampleTarget } from '@/lib/folders/sample-target.fixture';
import { provableFiles } from '@/lib/proof';
import { historyKeysByTag, keepProof, proofScope } from '@/lib/proof/store';
import { readIdentity, readTracking } from '@/lib/target';
import { createPlanRoom, type PlanRoom } from './plan-room.fixture';

let it_: PlanRoom;
beforeAll(async () => {
  it_ = await createPlanRoom();
});
afterAll(() => it_.dispose());

const down = (sample: SampleTarget, name: string) => path.join(sample.target.rollbacks, name);

async function planOf(sample: SampleTarget) {
  const { id } = await it_.plan(sample);
  return (await it_.row(id)).plan;
}

const refusalOf = (sample: SampleTarget) =>
  it_.plan(sample).then(
    () => undefined,
    (error: unknown) => error,
  );

/** Keeps a proof of each script and candidate of one migration, as a check of the target would. */
async function prove(sample: SampleTarget, tag: string, grade: Grade): Promise<void> {
  const { target, database } = sample;
  const client = await database.connect();
  const { serverVersionNum } = await readIdentity(client);
  const list = await listEntries(target, await readTracking(client, target.tracking));
  await client.end();
  const scope = proofScope(target, serverVersionNum, undefined);
  const history = historyKeysByTag(scope, provableFiles(list)).get(tag) ?? '';
  const entry = list.entries.find((one) => one.tag === tag);
  const scripts = [
    ...(entry?.rollback ? [entry.rollback] : []),
    ...(entry?.candidates ?? []).map(({ file }) => file),
  ];
  const proof: Proof = {
    grade,
    losesData: 'none',
    dataNotes: [],
    residue: [],
    missing: [],
    reapply: 'ok',
    secondRun: 'ok',
    error: null,
    remarks: [],
    changes: [],
    hazards: [],
    method: 'transaction',
    durationMs: 1,
  };
  for (const script of scripts) {
    const key = proofKey(history, script);
    await keepProof(it_.room.as(it_.room.people.on_call, target), {
      key,
      tag,
      script: script.name,
      proof,
    });
  }
}

describe('a plan', () => {
  it('pins how scripts were paired, where files lie, and what drizzle does next', async () => {
    const sample = await it_.shop();
    await rename(down(sample, '0002_rollback.sql'), down(sample, '0002_order_note.down.sql'));
    const plan = await planOf(sample);
    expect(plan.layout).toBe('journal');
    expect(plan.steps.map((step) => [step.rollbackFile, step.pairedBy])).toEqual([
      ['0003_rollback.sql', 'number'],
      ['0002_order_note.down.sql', 'tag'],
    ]);
    expect(plan.replay.map(({ path: at }) => at)).toEqual([
      '0000_customers.sql',
      '0001_orders.sql',
      '0002_order_note.sql',
      '0003_coupons.sql',
    ]);
    expect(plan.forecast).toEqual({
      before: { drizzle: '0.x', applies: [], skips: [] },
      after: { drizzle: '0.x', applies: ['0002_order_note', '0003_coupons'], skips: [] },
    });
  });

  it('is made above a file that is not there, and pins that it is not', async () => {
    const sample = await it_.shop();
    await rm(path.join(sample.target.migrations, '0000_customers.sql'));
    const plan = await planOf(sample);
    expect(plan.replay[0]).toMatchObject({ tag: '0000_customers', hash: '' });
    expect(plan.forecast.after).toMatchObject({
      applies: [],
      fails: expect.stringContaining('0000_customers.sql is not there'),
    });
  });

  it('is refused while it is not sure which script belongs, and an exact proof decides', async () => {
    const sample = await it_.shop();
    await rename(down(sample, '0002_rollback.sql'), down(sample, '0002_drop_notes.sql'));
    expect(await refusalOf(sample)).toMatchObject({
      code: 'plan_refused',
      details: { code: 'ambiguous_rollback', migration: '0002_order_note' },
      message: expect.stringContaining('0002_drop_notes.sql shares only its number'),
    });
    await prove(sample, '0002_order_note', 'exact');
    expect((await planOf(sample)).steps[1]).toMatchObject({
      rollbackFile: '0002_drop_notes.sql',
      pairedBy: 'proof',
    });
  });

  it('is refused where a candidate is proven to be anything else', async () => {
    const sample = await it_.shop();
    await writeFile(
      down(sample, '0002_rollback.sql'),
      '-- 0003_coupons\nDROP TABLE orders CASCADE;',
    );
    await prove(sample, '0002_order_note', 'removes_too_much');
    expect(await refusalOf(sample)).toMatchObject({
      details: { code: 'ambiguous_rollback' },
      message: expect.stringMatching(
        /header of 0002_rollback\.sql names 0003_coupons.*Removes too much/,
      ),
    });
  });

  it('is refused where the policy blocks what the proof says', async () => {
    const sample = await it_.shop();
    // Of its own content, as proofs are kept for all targets together.
    await writeFile(down(sample, '0003_rollback.sql'), 'SELECT 3;');
    await prove(sample, '0003_coupons', 'no_effect');
    expect(await refusalOf(sample)).toMatchObject({
      details: { code: 'blocked_by_policy', migration: '0003_coupons' },
    });
  });

  it('is refused where nobody could say what became of a statement', async () => {
    const sample = await it_.shop();
    await rm(down(sample, '0003_rollback.sql'));
    await writeFile(down(sample, '0003_other.sql'), 'CREATE INDEX CONCURRENTLY ON coupons (code);');
    await prove(sample, '0003_coupons', 'exact');
    expect(await refusalOf(sample)).toMatchObject({
      details: { code: 'rollback_unusable' },
      message: expect.stringContaining('can’t run inside a transaction'),
    });
  });

  it('says which migrations drizzle would not apply again', async () => {
    const sample = await it_.shop();
    // An entry with an older time that was never applied: skipped before and after.
    await writeFile(path.join(sample.target.migrations, '0004_late.sql'), 'SELECT 4;');
    await editJournal(sample.target, (journal) => {
      journal.entries.push({ ...journal.entries[1], idx: 4, tag: '0004_late', when: 5 });
    });
    const { forecast } = await planOf(sample);
    expect(forecast.before.skips.map(({ tag }) => tag)).toEqual(['0004_late']);
    expect(forecast.after.skips.map(({ tag }) => tag)).toEqual(['0004_late']);
  });
});
