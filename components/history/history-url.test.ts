import { describe, expect, it } from 'vitest';
import { exportHref, historyHref, isFiltered, withFilter } from './history-url';

describe('the address of a part of the history', () => {
  it('is the bare page without filters', () => {
    expect(historyHref({ filters: {} })).toBe('/history');
  });

  it('holds filters, page and event, always in the same order', () => {
    const filters = { subject: 'RB-0001', target: 'shop production' };
    expect(historyHref({ filters, before: 40, event: 12 })).toBe(
      '/history?target=shop+production&subject=RB-0001&before=40&event=12',
    );
  });

  it('exports what is shown, not only its page', () => {
    expect(exportHref({ subject: 'RB-0001' }, 'csv')).toBe(
      '/api/history/export?subject=RB-0001&format=csv',
    );
  });
});

describe('changing one filter', () => {
  it('keeps the others', () => {
    expect(withFilter({ target: 'shop', outcome: 'done' }, 'target', 'stage')).toEqual({
      target: 'stage',
      outcome: 'done',
    });
  });

  it('takes it away when nothing is left of it', () => {
    const filters = withFilter({ target: 'shop' }, 'target', undefined);
    expect(filters).toEqual({});
    expect(isFiltered(filters)).toBe(false);
  });
});
