import {
  after,
  agentCount,
  id,
  nth,
  oneOf,
  pick,
  type TableRows,
  userCount,
  within,
} from './expressions';
import { userId } from './people';

const agentNames = `Atlas Beacon Cartographer Dispatcher Echo Ferry Gardener Herald Indexer Jotter
  Keeper Lantern Mason Navigator Orbit Porter Quill Ranger Scribe Tinker Usher Vigil Weaver Zephyr`.split(
  /\s+/,
);

export const agentId = (agent: string) => id('agt', agent);
export const agentName = (agent: string) => nth(agentNames, `${agent} - 1`);

export const gatewayCount = 36;
export const gatewayId = (gateway: string) => id('gtw', gateway);

const routerCount = 12;
export const routerId = (router: string) => id('rtr', router);
export const anyRouter = (salt: string, key: string) =>
  routerId(`1 + ${pick(salt, key, routerCount)}`);

/** Gateways, the agents behind them, and the routers that rooms choose from. */
export const fleetRows: readonly TableRows[] = [
  {
    table: 'gateways',
    from: `generate_series(1, ${gatewayCount}) AS i`,
    columns: {
      id: gatewayId('i'),
      user_id: userId(`1 + (i * 11) % ${userCount}`),
      name: `${oneOf(['laptop', 'workstation', 'build host', 'cloud runner'], 'gateway', 'i')} || ' ' || i`,
      device_info: {
        json: `jsonb_build_object('os', ${oneOf(['linux', 'darwin', 'windows'], 'os', 'i')}, 'version', '2026.' || 4 + i % 6)`,
      },
      connected_at: {
        time: `CASE WHEN i % 7 > 0 THEN ${within('2026-10-01T00:00:00Z', 15, 'connected', 'i')} END`,
      },
      disconnected_at: {
        time: `CASE WHEN i % 7 IN (1, 2) THEN ${after(within('2026-10-01T00:00:00Z', 15, 'connected', 'i'), '30600.5')} END`,
      },
      ephemeral: 'i % 9 = 0',
      created_at: { time: within('2025-03-01T00:00:00Z', 500, 'gateway', 'i') },
    },
  },
  {
    table: 'agents',
    from: `generate_series(1, ${agentCount}) AS i`,
    columns: {
      id: agentId('i'),
      name: agentName('i'),
      type: nth(['coding', 'research', 'support', 'generic'], 'i % 4'),
      status: oneOf(['online', 'online', 'online', 'busy', 'offline', 'error'], 'status', 'i'),
      gateway_id: `CASE WHEN i <= 20 THEN ${gatewayId(`1 + (i * 5) % ${gatewayCount}`)} END`,
      working_directory: `CASE WHEN i % 4 = 0 THEN '/srv/agents/' || lower(${agentName('i')}) END`,
      visibility: `CASE WHEN i % 3 = 0 THEN 'private' ELSE 'shared' END`,
      capabilities: {
        json: `CASE i % 4 WHEN 0 THEN '["read_files", "run_tests", "write_code"]'::jsonb
          WHEN 1 THEN '["browse", "summarise"]'::jsonb WHEN 2 THEN '["answer", "escalate"]'::jsonb ELSE '[]'::jsonb END`,
      },
      last_seen_at: { time: within('2026-10-10T00:00:00Z', 6, 'seen', 'i') },
      created_at: { time: within('2025-03-01T00:00:00Z', 400, 'agent', 'i') },
    },
  },
  {
    table: 'routers',
    from: `generate_series(1, ${routerCount}) AS i`,
    columns: {
      id: routerId('i'),
      name: nth(['default', 'cheap first', 'long context', 'code'], 'i % 4'),
      scope: `CASE WHEN i <= 4 THEN 'global' ELSE 'personal' END`,
      created_by_id: userId('1 + (i - 1) / 4'),
      model: oneOf(['small', 'medium', 'large'], 'router-model', 'i'),
      base_url: `'https://models.agentim.example/v' || 1 + i % 2`,
      rules: {
        json: `jsonb_build_array(jsonb_build_object('when', 'mention', 'agent', ${agentName(`(1 + i % ${agentCount})`)}))`,
      },
      rate_limit_per_minute: '10 + i * 5',
      created_at: { time: within('2025-06-01T00:00:00Z', 300, 'router', 'i') },
      updated_at: { time: after(within('2025-06-01T00:00:00Z', 300, 'router', 'i'), '86400.125') },
    },
  },
];
