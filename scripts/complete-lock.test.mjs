import { expect, it } from 'vitest';
import { completeLock } from './complete-lock.mjs';

const lockWith = (packages) => ({ lockfileVersion: 3, packages: { '': {}, ...packages } });

it('adds what is missing, with the platform that its name tells', () => {
  const lock = lockWith({
    'node_modules/tool': {
      version: '1.0.0',
      dev: true,
      optionalDependencies: {
        '@tool/darwin-arm64': '2.3.4',
        '@tool/linux-arm-musleabihf': '2.3.4',
        '@tool/linux-x64-gnu': '2.3.4',
        '@tool/wasm32-wasi': '2.3.4',
        '@tool/windows-x64': '^2.3.4-beta.5',
      },
    },
    'node_modules/@tool/linux-x64-gnu': { version: '2.3.4', integrity: 'sha512-kept' },
  });
  expect(completeLock(lock)).toHaveLength(4);
  const common = { version: '2.3.4', dev: true, optional: true };
  expect(lock.packages).toMatchObject({
    'node_modules/@tool/darwin-arm64': { ...common, cpu: ['arm64'], os: ['darwin'] },
    'node_modules/@tool/linux-arm-musleabihf': {
      ...common,
      cpu: ['arm'],
      os: ['linux'],
      libc: ['musl'],
    },
    'node_modules/@tool/linux-x64-gnu': { version: '2.3.4', integrity: 'sha512-kept' },
    'node_modules/@tool/wasm32-wasi': { ...common, cpu: ['wasm32'] },
    'node_modules/@tool/windows-x64': { version: '2.3.4-beta.5', cpu: ['x64'], os: ['win32'] },
  });
  expect(lock.packages['node_modules/@tool/wasm32-wasi'].os).toBeUndefined();
  expect(Object.keys(lock.packages)).toEqual(Object.keys(lock.packages).toSorted());
  expect(completeLock(lock)).toEqual([]);
});

it('puts another version into the package that wants it', () => {
  const lock = lockWith({
    'node_modules/app': { version: '1.0.0' },
    'node_modules/app/node_modules/tool': {
      version: '1.0.0',
      optionalDependencies: { '@tool/darwin-x64': '1.0.0', '@tool/aix-ppc64': '1.0.0' },
    },
    'node_modules/tool': {
      version: '2.0.0',
      optionalDependencies: { '@tool/darwin-x64': '2.0.0' },
    },
  });
  expect(completeLock(lock).toSorted()).toEqual([
    'node_modules/@tool/darwin-x64',
    'node_modules/app/node_modules/tool/node_modules/@tool/aix-ppc64',
    'node_modules/app/node_modules/tool/node_modules/@tool/darwin-x64',
  ]);
  expect(lock.packages['node_modules/@tool/darwin-x64'].version).toBe('2.0.0');
});

it('uses what stands further up', () => {
  const lock = lockWith({
    'node_modules/@tool/darwin-x64': { version: '1.4.0' },
    'node_modules/app/node_modules/tool': {
      version: '1.0.0',
      optionalDependencies: { '@tool/darwin-x64': '^1.2.0' },
    },
  });
  expect(completeLock(lock)).toEqual([]);
});
