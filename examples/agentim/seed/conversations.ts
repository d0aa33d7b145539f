import {
  after,
  agentsPerRoom,
  directRooms,
  groupRooms,
  id,
  member,
  messageCount,
  messageTime,
  nth,
  oneOf,
  pick,
  roomAgent,
  roomCount,
  roomSize,
  type TableRows,
  within,
} from './expressions';
import { agentId, agentName, anyRouter } from './fleet';
import { displayName, userId } from './people';

const roomNames =
  `general;announcements of the week;platform;incident room;release train;on-call handover;
  data pipelines;search quality;mobile;web client;gateway fleet;agent lab;prompt review;support tier 2;
  billing;security;design crit;docs;hiring;coffee;localisation;performance;migrations;observability;
  partner integrations;analytics;accessibility;field reports;retrospectives;office hours`
    .split(';')
    .map((name) => name.trim());

const openings = [
  'Looked into it:',
  'Quick update:',
  'Question:',
  'Heads-up:',
  'Done,',
  'For the record,',
  'Still open:',
  'I can reproduce this:',
  'Small win:',
  'Before I forget,',
  'On second thought,',
  'Agreed,',
  'From the customer call:',
  'Reading the trace,',
];
const subjects = [
  'the gateway reconnects twice after a deploy',
  'the summary agent answers in the wrong thread',
  'search misses messages with code blocks',
  'the nightly export takes eleven minutes now',
  'push notifications arrive late on older phones',
  'the router picks the small model for long prompts',
  'the new index cut the slow query to a few milliseconds',
  'two invites were sent for the same address',
  'attachments above ten megabytes fail on upload',
  'the task board shows finished work as open',
  'the token refresh races with the sign-out',
  'the agent lost its working directory',
  'unread counts are off by one in archived rooms',
  'the audit page needs a filter by target',
  'mentions in edited messages do not notify',
  'the staging database is behind by two migrations',
  'the rate limit hits bots before people',
  'the transcript has no speaker names',
];
const endings = [
  'I will open a task.',
  'Can somebody confirm?',
  'No action needed.',
  'It is in the next release.',
  'Let us talk about it tomorrow.',
  'The fix is on staging.',
  'Logs are attached.',
  'Only a handful of users notice.',
  'I would rather revert than patch.',
  'Numbers are in the dashboard.',
  'Thanks for the patience.',
  'Please keep an eye on it.',
];
const snippets = [
  `SELECT count(*) FROM tasks WHERE status = 'pending';`,
  'curl -s localhost:3000/api/health | jq .status',
  'const unread = members.filter((m) => m.lastReadAt < room.lastMessageAt);',
  'pnpm --filter @agentim/server test gateway',
];

export const roomId = (room: string) => id('room', room);
export const messageId = (message: string) => id('msg', message);
const roomSince = (room: string) => within('2025-02-20T08:00:00Z', 240, 'room', room);

/** Multiplying two picks favours low numbers: a few rooms and people write most. */
const busy = (salt: string, n: number | string) =>
  `${pick(`${salt}.a`, 'i', n)} * ${pick(`${salt}.b`, 'i', n)} / (${n})`;

/**
 * For the message numbers of a series: room `r`, its size, the sender's place `k` among the
 * members, and whether an agent of the room wrote it instead.
 */
export const messagesOf = (series: string) => `(
  SELECT i, r, size, ${busy('sender', 'size')} AS k,
    r <= ${groupRooms} AND ${pick('by-agent', 'i', 100)} < 18 AS by_agent
  FROM (
    SELECT i, r, ${roomSize('r')} AS size
    FROM (
      SELECT i, 1 + CASE WHEN ${pick('quiet', 'i', 40)} = 0 THEN ${pick('room', 'i', roomCount)}
        ELSE ${busy('room', roomCount)} END AS r
      FROM ${series} AS i
    ) AS placed
  ) AS sized
) AS message`;

const senderAgent = roomAgent('r', pick('agent', 'i', agentsPerRoom));
const isCode = `${pick('code', 'i', 25)} = 0`;

/** The messages of a series, each with the time at which it is sent. */
export const messageRows = (series: string, time: string): TableRows => ({
  table: 'messages',
  from: `(SELECT *, lag(i) OVER (PARTITION BY r ORDER BY i) AS previous
    FROM ${messagesOf(series)}) AS message ORDER BY i`,
  columns: {
    id: messageId('i'),
    room_id: roomId('r'),
    sender_id: `CASE WHEN by_agent THEN ${agentId(senderAgent)} ELSE ${userId(member('r', 'k'))} END`,
    sender_type: `CASE WHEN by_agent THEN 'agent' ELSE 'user' END`,
    sender_name: `CASE WHEN by_agent THEN ${agentName(senderAgent)} ELSE ${displayName(member('r', 'k'))} END`,
    kind: `CASE WHEN ${isCode} THEN 'code' WHEN by_agent AND i % 3 = 0 THEN 'tool_result' ELSE 'text' END`,
    content: `CASE WHEN ${isCode} THEN ${oneOf(snippets, 'snippet', 'i')}
      ELSE ${oneOf(openings, 'opening', 'i')} || ' ' || ${oneOf(subjects, 'subject', 'i')} || '. '
        || ${oneOf(endings, 'ending', 'i')} END`,
    mentions: {
      json: `CASE WHEN ${pick('mention', 'i', 12)} = 0
        THEN jsonb_build_array(${userId(member('r', `(k + 1) % size`))}) ELSE '[]'::jsonb END`,
    },
    metadata: {
      json: `CASE WHEN by_agent THEN jsonb_build_object(
        'model', ${oneOf(['small', 'medium', 'large'], 'model', 'i')},
        'tokens', 80 + ${pick('tokens', 'i', 4000)}) END`,
    },
    reply_to_id: `CASE WHEN ${pick('reply', 'i', 9)} = 0 AND previous IS NOT NULL THEN ${messageId('previous')} END`,
    created_at: { time: time },
    updated_at: {
      time: `CASE WHEN i % 50 = 0 AND NOT by_agent THEN ${after(time, '61.5')} END`,
    },
  },
});

/** Rooms, who is in them, and what they said. */
export const conversationRows: readonly TableRows[] = [
  {
    table: 'rooms',
    from: `generate_series(1, ${roomCount}) AS i`,
    columns: {
      id: roomId('i'),
      name: `CASE WHEN i <= ${groupRooms} THEN ${nth(roomNames, 'i - 1')}
        WHEN i <= ${groupRooms + directRooms}
        THEN ${displayName(member('i', '0'))} || ', ' || ${displayName(member('i', '1'))}
        ELSE 'company news ' || i - ${groupRooms + directRooms} END`,
      type: `CASE WHEN i <= ${groupRooms} THEN 'group'
        WHEN i <= ${groupRooms + directRooms} THEN 'direct' ELSE 'broadcast' END`,
      created_by_id: userId(member('i', '0')),
      router_id: `CASE WHEN i % 5 < 2 THEN ${anyRouter('room-router', 'i')} END`,
      agent_command_role: `CASE WHEN i % 9 = 0 THEN 'owner' WHEN i % 4 = 0 THEN 'admin' ELSE 'member' END`,
      topic: `CASE WHEN i % 3 = 0 AND i <= ${groupRooms} THEN 'This week: ' || ${oneOf(subjects, 'topic', 'i')} ELSE '' END`,
      created_at: { time: roomSince('i') },
      updated_at: { time: after(roomSince('i'), pick('renamed', 'i', 20_000_000)) },
    },
  },
  {
    table: 'room_members',
    from: `generate_series(1, ${roomCount}) AS r,
      LATERAL (SELECT r * 1000 + k AS i, k FROM generate_series(0, ${roomSize('r')} - 1) AS k) AS place`,
    columns: {
      room_id: roomId('r'),
      user_id: userId(member('r', 'k')),
      role: `CASE WHEN k = 0 THEN 'owner' WHEN k % 15 = 1 AND r <= ${groupRooms} THEN 'admin' ELSE 'member' END`,
      notifications: oneOf(['all', 'all', 'mentions', 'none'], 'notify', 'i'),
      joined_at: { time: after(roomSince('r'), pick('joined', 'i', 6_000_000)) },
      last_read_at: {
        time: `CASE WHEN i % 6 > 0 THEN ${within('2026-09-01T00:00:00Z', 45, 'read', 'i')} END`,
      },
      pinned_at: {
        time: `CASE WHEN i % 8 = 0 THEN ${within('2026-02-01T00:00:00Z', 240, 'pin', 'i')} END`,
      },
      archived_at: {
        time: `CASE WHEN i % 13 = 0 THEN ${within('2026-03-01T00:00:00Z', 220, 'archive', 'i')} END`,
      },
    },
  },
  {
    table: 'room_invites',
    from: 'generate_series(1, 60) AS i',
    columns: {
      id: id('inv', 'i'),
      room_id: roomId(`1 + i % ${groupRooms}`),
      invited_email: `'guest' || i || '@partner.example'`,
      created_by_id: userId(member(`(1 + i % ${groupRooms})`, '0')),
      accepted_by_id: `CASE WHEN i % 3 = 0 THEN ${userId(`1 + ${pick('guest', 'i', 200)}`)} END`,
      accepted_at: {
        time: `CASE WHEN i % 3 = 0 THEN ${after(within('2026-06-01T00:00:00Z', 120, 'invite', 'i'), '54000.25')} END`,
      },
      expires_at: { time: after(within('2026-06-01T00:00:00Z', 120, 'invite', 'i'), '604800') },
      created_at: { time: within('2026-06-01T00:00:00Z', 120, 'invite', 'i') },
    },
  },
  messageRows(`generate_series(1, ${messageCount})`, messageTime('i')),
  {
    table: 'message_edits',
    from: `${messagesOf(`generate_series(50, ${messageCount}, 50)`)} WHERE NOT by_agent ORDER BY i`,
    columns: {
      message_id: messageId('i'),
      previous_content: `${oneOf(openings, 'opening', 'i')} || ' ' || ${oneOf(subjects, 'before-edit', 'i')} || '.'`,
      edited_by_id: userId(member('r', 'k')),
      edited_at: { time: after(messageTime('i'), '61.5') },
    },
  },
  {
    table: 'message_reactions',
    from: `${messagesOf(`generate_series(3, ${messageCount}, 7)`)},
      generate_series(0, ${pick('reactions', 'i', 2)}) AS n`,
    columns: {
      message_id: messageId('i'),
      user_id: userId(member('r', `(${pick('reacted', 'i', 'size')} + n) % size`)),
      emoji: oneOf(['👍', '👍', '👀', '🎉', '❤️', '✅', '🤔'], 'emoji', 'i * 2 + n'),
      created_at: { time: after(messageTime('i'), `30 + ${pick('reacted', 'i', 5000)} + n * 20`) },
    },
  },
  {
    table: 'message_attachments',
    from: messagesOf(`generate_series(11, ${messageCount}, 40)`),
    columns: {
      id: id('att', 'i'),
      message_id: messageId('i'),
      filename: nth(['screenshot.png', 'trace.json', 'report.pdf', 'server.log'], 'i % 4'),
      mime_type: nth(['image/png', 'application/json', 'application/pdf', 'text/plain'], 'i % 4'),
      size_bytes: `900 + ${pick('bytes', 'i', 9_000_000)}`,
      storage_key: `'attachments/' || substr(md5('object' || i), 1, 2) || '/' || md5('object' || i)`,
      // Some uploads come from an agent and have no uploader.
      uploaded_by: `CASE WHEN NOT by_agent THEN ${userId(member('r', 'k'))} END`,
      created_at: { time: after(messageTime('i'), '-4.2') },
    },
  },
  {
    table: 'bookmarks',
    from: messagesOf('generate_series(41, 57400, 41)'),
    columns: {
      id: id('bmk', 'i'),
      user_id: userId(member('r', pick('bookmarked', 'i', 'size'))),
      message_id: messageId('i'),
      note: `CASE WHEN i % 5 = 0 THEN ${oneOf(['read again', 'for the retro', 'decision', 'good example'], 'note', 'i')} ELSE '' END`,
      created_at: { time: after(messageTime('i'), `120 + ${pick('bookmark', 'i', 90_000)}`) },
    },
  },
];
