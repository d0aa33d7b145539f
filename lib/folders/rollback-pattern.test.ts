import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchNames } from './rollback-pattern';

const TAGS = ['0034_unique_names', '0035_timestamps', 'init'];

describe('a pattern', () => {
  it('gives each migration the names that fit it', () => {
    const names = [
      '0034_rollback.sql',
      '0035_rollback.sql',
      '34_rollback.sql',
      '0036_rollback.sql',
    ];
    expect([...matchNames('{number}_rollback.sql', TAGS, names)]).toEqual([
      ['0034_unique_names', ['0034_rollback.sql']],
      ['0035_timestamps', ['0035_rollback.sql']],
    ]);
    expect([...matchNames('{tag}.down.sql', TAGS, ['init.down.sql'])]).toEqual([
      ['init', ['init.down.sql']],
    ]);
  });

  it('may hold stars, and says when more than one name fits', () => {
    const names = ['0034_a.sql', '0034_b.sql', '0035_x.sql', '0035_x.txt'];
    expect([...matchNames('{number}_*.sql', TAGS, names)]).toEqual([
      ['0034_unique_names', ['0034_a.sql', '0034_b.sql']],
      ['0035_timestamps', ['0035_x.sql']],
    ]);
    expect(matchNames('*{tag}*.sql', TAGS, ['undo-init-v2.sql']).get('init')).toEqual([
      'undo-init-v2.sql',
    ]);
    // The part before a star and the part after it may not share characters.
    expect(matchNames('{tag}*init.sql', ['init'], ['init.sql']).size).toBe(0);
  });

  it('with a star matches exactly what a regular expression would', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*'), minLength: 1, maxLength: 5 });
    const name = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 6 });
    fc.assert(
      fc.property(letters, name, (pattern, candidate) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
        expect(matchNames(pattern, ['t'], [candidate]).has('t')).toBe(expression.test(candidate));
      }),
    );
  });
});
