import { messageId, roomId } from './conversations';
import {
  after,
  agentCount,
  agentsPerRoom,
  groupRooms,
  id,
  instant,
  literal,
  member,
  messageCount,
  messageTime,
  millis,
  nth,
  oneOf,
  pick,
  roomAgent,
  roomSize,
  type TableRows,
  userCount,
  within,
} from './expressions';
import { agentId, gatewayCount, gatewayId } from './fleet';
import { userId } from './people';

/** The name of one service agent type, before and from 0029 on. */
export type OpenAiType = 'openai-compatible' | 'openai-chat';

const verbs = [
  'Fix',
  'Review',
  'Write down',
  'Measure',
  'Automate',
  'Retire',
  'Rehearse',
  'Translate',
];
const objects = [
  'the reconnect logic',
  'the search ranking',
  'the on-call guide',
  'the nightly export',
  'the invite mail',
  'the agent permissions',
  'the token cleanup',
  'the attachment scanner',
  'the release checklist',
  'the slow dashboards',
];

const serviceAgentNames = [
  'Release notes writer',
  'Ticket triage',
  'Web research',
  'Diagram painter',
  'Standup digest',
  'Log reader',
  'Paper finder',
  'Icon maker',
  'Contract reader',
  'Query explainer',
  'News watch',
  'Banner maker',
  'Glossary keeper',
  'Test author',
  'Competitor watch',
  'Slide painter',
  'Meeting notes',
  'Tone checker',
] as const;

/** Tasks are numbered in the order in which they were opened. */
const taskTime = (task: string) =>
  after(
    instant('2026-01-08T08:00:00Z'),
    `(${task}) * 26000 + ${pick('task', task, 25_000)} + ${millis('task', task)}`,
  );
const hasResult = `status = 'done' AND i % 10 < 7`;

/** What agents do in rooms, the service agents, and the record of all of it. */
export function automationRows(openAiType: OpenAiType): readonly TableRows[] {
  return [...workRows, serviceAgentRows(openAiType), ...recordRows];
}

const workRows: readonly TableRows[] = [
  {
    table: 'room_agents',
    from: `generate_series(1, ${groupRooms}) AS r, generate_series(0, ${agentsPerRoom - 1}) AS k`,
    columns: {
      room_id: roomId('r'),
      agent_id: agentId(roomAgent('r', 'k')),
      added_by_id: userId(member('r', '0')),
      added_at: { time: within('2025-12-01T00:00:00Z', 30, 'room-agent', 'r * 10 + k') },
    },
  },
  {
    table: 'tasks',
    from: `(SELECT i, 1 + ${pick('task-room', 'i', groupRooms)} AS r,
        ${oneOf(['pending', 'in_progress', 'done', 'done', 'done', 'cancelled'], 'task-status', 'i')} AS status
      FROM generate_series(1, 900) AS i) AS task ORDER BY i`,
    columns: {
      id: id('tsk', 'i'),
      room_id: roomId('r'),
      title: `${oneOf(verbs, 'verb', 'i')} || ' ' || ${oneOf(objects, 'object', 'i')}`,
      description: `CASE WHEN i % 3 > 0 THEN 'Asked for in the room; see the thread of ' || to_char(${taskTime('i')} AT TIME ZONE 'UTC', 'FMDD Mon') || '.' ELSE '' END`,
      status: 'status',
      priority: oneOf(['low', 'normal', 'normal', 'normal', 'high', 'urgent'], 'priority', 'i'),
      assignee_id: `CASE i % 3 WHEN 0 THEN ${agentId(roomAgent('r', `i % ${agentsPerRoom}`))}
        WHEN 1 THEN ${userId(member('r', pick('assignee', 'i', roomSize('r'))))} END`,
      assignee_type: `CASE i % 3 WHEN 0 THEN 'agent' WHEN 1 THEN 'user' END`,
      created_by_id: userId(member('r', pick('author', 'i', roomSize('r')))),
      completed_at: {
        time: `CASE WHEN status = 'done' THEN ${after(taskTime('i'), `7200 + ${pick('worked', 'i', 900_000)}`)} END`,
      },
      result: {
        json: `CASE WHEN ${hasResult} THEN jsonb_build_object('summary', 'Closed after review', 'commits', ${pick('commits', 'i', 9)}) END`,
      },
      due_date: {
        time: `CASE WHEN i % 3 > 0 THEN ${after(`date_trunc('day', ${taskTime('i')}, 'UTC')`, `(3 + ${pick('due', 'i', 30)}) * 86400 + 61200`)} END`,
      },
      created_at: { time: taskTime('i') },
      updated_at: { time: after(taskTime('i'), `7200 + ${pick('worked', 'i', 900_000)}`) },
    },
  },
  {
    table: 'tool_calls',
    from: `generate_series(20, ${messageCount}, 20) AS i`,
    columns: {
      message_id: messageId('i'),
      agent_id: agentId(`1 + ${pick('caller', 'i', agentCount)}`),
      tool: oneOf(['search', 'read_file', 'run_tests', 'http_get'], 'tool', 'i'),
      arguments: { json: `jsonb_build_object('attempt', 1 + i % 3)` },
      status: oneOf(
        ['succeeded', 'succeeded', 'succeeded', 'succeeded', 'failed'],
        'tool-status',
        'i',
      ),
      duration_ms: `12 + ${pick('duration', 'i', 8000)}`,
      created_at: { time: after(messageTime('i'), '-1.75') },
    },
  },
];

function serviceAgentRows(openAiType: OpenAiType): TableRows {
  const typeOf = (n: number) =>
    n % 4 === 2 ? 'perplexity' : n % 4 === 3 ? 'stable-diffusion' : openAiType;
  const values = serviceAgentNames.map(
    (name, n) => `(${n + 1}, ${literal(name)}, ${literal(typeOf(n))})`,
  );
  return {
    table: 'service_agents',
    from: `(VALUES ${values.join(', ')}) AS s(i, name, type)`,
    columns: {
      id: id('svc', 'i'),
      name: 'name',
      type: 'type',
      category: `CASE type WHEN 'perplexity' THEN 'search' WHEN 'stable-diffusion' THEN 'image' ELSE 'chat' END`,
      description: `CASE WHEN i % 3 > 0 THEN 'Called by a mention in any shared room.' END`,
      status: `CASE WHEN i % 8 = 0 THEN 'error' WHEN i % 5 = 0 THEN 'inactive' ELSE 'active' END`,
      config_encrypted: `'v1.' || md5('nonce' || i) || '.' || md5('config-a' || i) || md5('config-b' || i)`,
      created_by_id: userId('1 + i % 6'),
      created_at: { time: within('2026-04-02T08:00:00Z', 120, 'service', 'i') },
      updated_at: {
        time: after(
          within('2026-04-02T08:00:00Z', 120, 'service', 'i'),
          `${pick('service-edit', 'i', 5_000_000)} + ${millis('service-edit', 'i')}`,
        ),
      },
    },
  };
}

const recordRows: readonly TableRows[] = [
  {
    table: 'audit_logs',
    from: `(SELECT i, ${pick('audited', 'i', 6)} AS what FROM generate_series(1, 5000) AS i) AS entry ORDER BY i`,
    columns: {
      user_id: `CASE WHEN i % 17 > 0 THEN ${userId(`1 + ${pick('actor', 'i', userCount)}`)} END`,
      action: nth(
        ['login', 'login_failed', 'room.update', 'agent.command', 'gateway.connect', 'task.update'],
        'what',
      ),
      target_type: nth(['user', 'user', 'room', 'agent', 'gateway', 'task'], 'what'),
      target_id: `CASE what WHEN 2 THEN ${roomId(`1 + ${pick('audit-room', 'i', groupRooms)}`)}
        WHEN 3 THEN ${agentId(`1 + ${pick('audit-agent', 'i', agentCount)}`)}
        WHEN 4 THEN ${gatewayId(`1 + ${pick('audit-gateway', 'i', gatewayCount)}`)}
        WHEN 5 THEN ${id('tsk', `1 + ${pick('audit-task', 'i', 900)}`)}
        ELSE ${userId(`1 + ${pick('audit-user', 'i', userCount)}`)} END`,
      metadata: { json: `jsonb_build_object('request', substr(md5('request' || i), 1, 16))` },
      // 203.0.113.0/24 is set aside for documentation.
      ip_address: `'203.0.113.' || 1 + ${pick('address', 'i', 254)}`,
      created_at: {
        time: after(
          instant('2026-01-05T06:00:00Z'),
          `i * 4900 + ${pick('audit', 'i', 4800)} + ${millis('audit', 'i')}`,
        ),
      },
    },
  },
];
