import { messageId, messageRows, messagesOf } from './conversations';
import {
  after,
  id,
  literal,
  member,
  messageCount,
  millis,
  oneOf,
  pick,
  type TableRows,
  userCount,
} from './expressions';
import { userId } from './people';

/** The newest is some minutes old, the oldest just under a day: 412 × 200 seconds. */
const count = 412;
const last = messageCount + count;
const spacing = 200;
const series = (from: number, step: number) => `generate_series(${from}, ${last}, ${step})`;

/** Counted back from the moment of the INSERT, to the microsecond, as an application writes it. */
const ago = (n: string, seconds: number, salt: string) =>
  `(now() - make_interval(secs => (${n}) * ${seconds} + ${pick(salt, 'i', seconds - 10)} + ${millis(salt, 'i')}))`;

const sentAt = ago(`${last} + 1 - i`, spacing, 'since-sent');

/** What people did in the day up to now, on top of the seed. */
export const rowsSince: readonly TableRows[] = [
  messageRows(series(messageCount + 1, 1), sentAt),
  {
    table: 'message_reactions',
    from: messagesOf(series(messageCount + 3, 5)),
    columns: {
      message_id: messageId('i'),
      user_id: userId(member('r', pick('since-reacted', 'i', 'size'))),
      emoji: oneOf(['👍', '👀', '🎉', '✅'], 'since-emoji', 'i'),
      created_at: { time: after(sentAt, '40') },
    },
  },
  {
    table: 'bookmarks',
    from: messagesOf(series(messageCount + 9, 17)),
    columns: {
      id: id('bmk', 'i'),
      user_id: userId(member('r', pick('since-bookmarked', 'i', 'size'))),
      message_id: messageId('i'),
      note: `CASE WHEN i % 2 = 0 THEN ${literal('for the incident review')} ELSE '' END`,
      created_at: { time: after(sentAt, '75.25') },
    },
  },
  {
    table: 'revoked_tokens',
    from: 'generate_series(1, 450) AS i',
    columns: {
      jti: `md5('jti' || i)::uuid`,
      user_id: userId(`1 + ${pick('revoked-user', 'i', userCount)}`),
      reason: oneOf(['sign_out', 'sign_out', 'sign_out', 'password_change', 'admin'], 'since', 'i'),
      revoked_at: { time: ago('451 - i', 180, 'since-revoked') },
      expires_at: { time: after('now()', `3600 + ${pick('since-life', 'i', 2_500_000)}`) },
    },
  },
];
