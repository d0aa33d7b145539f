import { describe, expect, it } from 'vitest';
import { ROLLBACK_STATUSES } from '@/lib/core/rollback';
import { rollbacksHref } from './rollbacks-url';
import { countOf, groupOf, STATUS_GROUPS } from './status-groups';

describe('the tabs', () => {
  it('hold every status exactly once', () => {
    const held = STATUS_GROUPS.flatMap((group) => group.statuses);
    expect([...held].sort()).toEqual([...ROLLBACK_STATUSES].sort());
  });

  it('are found by their statuses in any order, and by no part of them', () => {
    expect(groupOf(['unknown', 'running', 'stopped'])?.label).toBe('Running');
    expect(groupOf([])?.label).toBe('All');
    expect(groupOf(['draft'])).toBeUndefined();
    expect(groupOf(['draft', 'running'])).toBeUndefined();
  });

  it('count what is in them; the first one counts all', () => {
    const counts = { draft: 2, approved: 1, succeeded: 4 };
    const counted = STATUS_GROUPS.map((group) => [group.label, countOf(group, counts)]);
    expect(Object.fromEntries(counted)).toEqual({
      All: 7,
      'Pending approvals': 0,
      Open: 3,
      Running: 0,
      Done: 4,
      Ended: 0,
    });
  });
});

describe('the address of a part of the list', () => {
  it('keeps the statuses readable and everything else safe', () => {
    expect(rollbacksHref({ status: ['draft', 'approved'], text: 'a&b=c' }, 2)).toBe(
      '/rollbacks?status=draft,approved&text=a%26b%3Dc&page=2',
    );
    expect(rollbacksHref({ status: [] }, 1)).toBe('/rollbacks');
  });
});
