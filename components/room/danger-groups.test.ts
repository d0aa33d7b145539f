import { expect, it } from 'vitest';
import { countTaken, groupDangers } from './danger-groups';
import { acknowledgementsFixture, roomFixture } from './testing/room-fixture';

it('groups by migration in run order, with the name of whoever took it on', () => {
  const groups = groupDangers(roomFixture());
  expect(groups.map((group) => [group.tag.slice(0, 4), group.dangers.length])).toEqual([
    ['0035', 1],
    ['0034', 1],
    ['0033', 1],
  ]);
  expect(groups[2]?.dangers[0]).toMatchObject({
    danger: { title: 'Drops table revoked_tokens', line: 3 },
    taken: { by: { name: 'Maya Okafor' } },
  });
});

it('counts nothing that was taken on for another plan', () => {
  const room = roomFixture();
  expect(countTaken(room)).toEqual({ taken: 3, all: 3 });
  const old = acknowledgementsFixture(room.dangers, 'another digest');
  expect(countTaken({ ...room, acknowledgements: old })).toEqual({ taken: 0, all: 3 });
  const first = room.acknowledgements.slice(0, 1);
  expect(countTaken({ ...room, acknowledgements: first })).toEqual({ taken: 1, all: 3 });
});
