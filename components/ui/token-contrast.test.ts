import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

const stylesheet = fileURLToPath(new URL('../../app/globals.css', import.meta.url));
const families = ['ok', 'warn', 'danger', 'info', 'unknown'] as const;
const surfaces = ['canvas', 'surface', 'raised', 'sunken', 'hover'] as const;

/** Text colour on background: everything the components put on one another. */
const textPairs: [string, string][] = [
  ...surfaces.flatMap((background): [string, string][] => [
    ['text', background],
    ['text-2', background],
    ['text-3', background],
    ['accent-text', background],
    ...families.map((family): [string, string] => [`${family}-text`, background]),
  ]),
  ...families.flatMap((family): [string, string][] => [
    [`${family}-text`, `${family}-soft`],
    ['text', `${family}-soft`],
    ['text-2', `${family}-soft`],
  ]),
  ['text', 'accent-soft'],
  ['text-2', 'accent-soft'],
  ['accent-text', 'accent-soft'],
  ['on-accent', 'accent'],
  ['on-accent', 'accent-hover'],
  ['on-danger', 'danger-solid'],
  ['on-danger', 'danger-solid-hover'],
  ['on-ink', 'ink'],
  ['text-2', 'seg'],
  ['text', 'seg-on'],
  ...['kw', 'str', 'num', 'com', 'fn'].flatMap((kind): [string, string][] =>
    ['surface', 'raised', 'sunken', 'add-bg', 'del-bg', 'chg-bg'].map((background) => [
      `sql-${kind}`,
      background,
    ]),
  ),
  ...[1, 2, 3, 4, 5].map((look): [string, string] => [`avatar-${look}-text`, `avatar-${look}`]),
];

/** Shapes that carry a meaning or mark a control: three to one is enough. */
const shapePairs: [string, string][] = [
  ['field', 'surface'],
  ['accent', 'surface'],
  ...families.map((family): [string, string] => [family, 'surface']),
];

let tokens: Map<string, { light: string; dark: string }>;

beforeAll(async () => {
  const css = await readFile(stylesheet, 'utf8');
  tokens = new Map();
  for (const [, name, light, dark] of css.matchAll(
    /--([\w-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)/g,
  )) {
    if (name && light && dark) tokens.set(name, { light, dark });
  }
  for (const [, name, colour] of css.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)) {
    if (name && colour) tokens.set(name, { light: colour, dark: colour });
  }
});

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return channel <= 0.040_45 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(foreground: string, background: string, theme: 'light' | 'dark'): number {
  const [one, other] = [foreground, background].map((name) => {
    const token = tokens.get(name);
    if (!token) throw new Error(`There is no token --${name} in the stylesheet.`);
    return luminance(token[theme]);
  });
  const [bright = 0, dim = 0] = [one ?? 0, other ?? 0].sort((a, b) => b - a);
  return (bright + 0.05) / (dim + 0.05);
}

describe.each(['light', 'dark'] as const)('tokens of the %s theme', (theme) => {
  it.each(textPairs)('--%s can be read on --%s', (foreground, background) => {
    expect(contrast(foreground, background, theme)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(shapePairs)('--%s can be told from --%s', (foreground, background) => {
    expect(contrast(foreground, background, theme)).toBeGreaterThanOrEqual(3);
  });
});
