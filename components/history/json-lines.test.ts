import { expect, it } from 'vitest';
import { linesText } from '@/components/ui/sql-tokens';
import { jsonLines } from './json-lines';

it('shows exactly the recorded data', () => {
  const value = {
    text: 'a "quoted": \\ line\nand 5 more',
    list: [1, -2.5e-7, true, null],
    none: {},
  };
  expect(linesText(jsonLines(value))).toBe(JSON.stringify(value, null, 2));
});

it('tells names, texts and values apart, also where a text looks like a name', () => {
  expect(jsonLines({ said: '"key": 5', count: 3 })).toEqual([
    [{ text: '{' }],
    [
      { text: '  ' },
      { text: '"said"', kind: 'kw' },
      { text: ':' },
      { text: ' ' },
      { text: '"\\"key\\": 5"', kind: 'str' },
      { text: ',' },
    ],
    [
      { text: '  ' },
      { text: '"count"', kind: 'kw' },
      { text: ':' },
      { text: ' ' },
      { text: '3', kind: 'num' },
    ],
    [{ text: '}' }],
  ]);
});
