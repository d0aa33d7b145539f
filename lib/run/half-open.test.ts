import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWireProxy } from '@/lib/testing/wire-proxy';
import { performRun } from '.';
import { createRunRoom, DEPS, type RunRoom, waitFor } from './run.fixture';

let rooms: RunRoom;

beforeAll(async () => {
  rooms = await createRunRoom();
});
afterAll(() => rooms.dispose());

it('a run whose target goes silent in a step is settled within a quarter of a minute', async () => {
  const ready = await rooms.ready();
  const proxy = await startWireProxy(ready.sample.target.url);
  const [target] = ready.system.config.targets;
  if (target) target.url = proxy.url;
  const run = await ready.press();
  const held = proxy.hold({ session: /^backstep run /, statement: /DROP TABLE/, when: 'answered' });
  const performed = performRun(ready.system, run, DEPS);
  const standing = await held;
  const began = performance.now();
  // What is open says nothing any more; whoever comes anew is let in.
  standing.silence();
  proxy.silence();
  await waitFor(ready, 'step.unknown');
  expect(performance.now() - began).toBeLessThan(17_000);
  await performed;
  expect(await ready.state()).toMatchObject({ status: 'stopped', outcome: 'nothing_changed' });
  expect(await ready.columns('coupons')).toEqual(['code']);
  expect(await ready.trackingRows()).toBe(4);
  await ready.resume();
  expect(await ready.state()).toMatchObject({ status: 'succeeded', outcome: 'changed_verified' });
  await proxy.close();
}, 60_000);
