import {
  after,
  id,
  literal,
  millis,
  nth,
  oneOf,
  pick,
  type TableRows,
  userCount,
  within,
} from './expressions';

const givenNames =
  `Aiko Amara Anders Beatriz Bilal Carmen Chidi Chloe Dalia Daniel Devika Elif Emeka
  Esther Farid Freya Goran Hana Hugo Ines Ivan Jonas Keiko Kwame Lena Leyla Luca Mateo Mina Nadia Noah
  Olga Omar Priya Rafael Sanna Tariq Uma Viktor Yusuf`.split(/\s+/);
const familyNames =
  `Abe Adeyemi Bauer Berg Castro Costa Dubois Eriksen Fischer Garcia Haddad Ito Kaur
  Khan Kim Laine Mensah Moreau Novak Okoye Petrov Rossi Santos Tanaka Weber`.split(/\s+/);

/** 40 given names by 25 family names: the step keeps all 200 pairs apart. */
const given = (user: string) => nth(givenNames, `(${user} - 1) % 40`);
const family = (user: string) => nth(familyNames, `((${user}) * 3 + (${user} - 1) / 40 * 7) % 25`);

export const userId = (user: string) => id('usr', user);
export const displayName = (user: string) => `${given(user)} || ' ' || ${family(user)}`;
const username = (user: string) => `lower(${given(user)} || '.' || ${family(user)})`;

const userSince = (user: string) => within('2025-02-10T07:00:00Z', 300, 'user', user);
const anyUser = (salt: string) => `1 + ${pick(salt, 'i', userCount)}`;

const devices = ['Firefox on Linux', 'Chrome on macOS', 'Safari on iPhone', 'Edge on Windows'];

const settings = [
  ['registration.open', 'false'],
  ['registration.allowed_domains', 'agentim.example'],
  ['session.idle_minutes', '45'],
  ['messages.max_length', '12000'],
  ['messages.retention_days', '730'],
  ['attachments.max_megabytes', '25'],
  ['attachments.scan', 'true'],
  ['agents.max_per_room', '6'],
  ['agents.rate_limit_per_minute', '30'],
  ['gateways.max_per_user', '3'],
  ['routers.default_model', 'medium'],
  ['push.enabled', 'true'],
  ['audit.retention_days', '365'],
  ['banner.text', 'Maintenance on the first Sunday of the month, 05:00 UTC'],
] as const;

/** Accounts and what belongs to an account: sign-in, keys, subscriptions, settings. */
export const peopleRows: readonly TableRows[] = [
  {
    table: 'users',
    from: `generate_series(1, ${userCount}) AS i`,
    columns: {
      id: userId('i'),
      username: username('i'),
      // Shaped like argon2id, made from no password: nobody can sign in with it.
      password_hash: `'$argon2id$v=19$m=19456,t=2,p=1$' || md5('salt' || i) || '$' || md5('hash' || i)`,
      role: `CASE WHEN i <= 4 THEN 'admin' WHEN i % 16 = 0 THEN 'guest' ELSE 'member' END`,
      api_key: `CASE WHEN i % 4 = 1 THEN 'aim_' || md5('api' || i) END`,
      email: `CASE WHEN i % 16 <> 0 THEN ${username('i')} || '@agentim.example' END`,
      display_name: displayName('i'),
      avatar_url: `CASE WHEN i % 3 = 0 THEN '/avatars/' || md5('avatar' || i) || '.webp' END`,
      failed_logins: `CASE WHEN i % 29 = 0 THEN 5 WHEN i % 11 = 0 THEN 1 ELSE 0 END`,
      locked_until: {
        time: `CASE WHEN i % 29 = 0 THEN ${within('2026-10-01T00:00:00Z', 15, 'lock', 'i')} END`,
      },
      max_ws_connections: `CASE WHEN i % 10 = 0 THEN 5 + i % 4 * 5 END`,
      max_gateways: `CASE WHEN i % 14 = 0 THEN 1 + i % 5 END`,
      created_at: { time: userSince('i') },
      updated_at: { time: after(userSince('i'), `${pick('profile', 'i', 15_000_000)}`) },
    },
  },
  {
    table: 'refresh_tokens',
    from: 'generate_series(1, 320) AS i',
    columns: {
      id: `md5('refresh' || i)::uuid`,
      user_id: userId(`1 + (i * 3) % ${userCount}`),
      token_hash: `md5('token-a' || i) || md5('token-b' || i)`,
      device: oneOf(devices, 'device', 'i'),
      expires_at: { time: after(within('2026-09-16T00:00:00Z', 30, 'refresh', 'i'), '2592000') },
      created_at: { time: within('2026-09-16T00:00:00Z', 30, 'refresh', 'i') },
    },
  },
  {
    table: 'api_keys',
    from: 'generate_series(1, 80) AS i',
    columns: {
      id: id('key', 'i'),
      user_id: userId(anyUser('key-user')),
      name: oneOf(
        ['deploy bot', 'laptop', 'CI', 'dashboard', 'pager', 'notebook'],
        'key-name',
        'i',
      ),
      key_hash: `md5('key-a' || i) || md5('key-b' || i)`,
      last_used_at: {
        time: `CASE WHEN i % 5 > 0 THEN ${within('2026-08-01T00:00:00Z', 76, 'key-used', 'i')} END`,
      },
      created_at: { time: within('2025-09-01T00:00:00Z', 300, 'key', 'i') },
    },
  },
  {
    table: 'settings',
    from: `(VALUES ${settings.map(([key, value], n) => `(${n + 1}, ${literal(key)}, ${literal(value)})`).join(', ')})
      AS s(i, key, value)`,
    columns: {
      key: 'key',
      value: 'value',
      updated_by_id: `CASE WHEN i % 4 > 0 THEN ${userId('1 + i % 4')} END`,
      updated_at: { time: within('2025-11-25T14:00:00Z', 300, 'setting', 'i') },
    },
  },
  {
    table: 'push_subscriptions',
    from: 'generate_series(1, 260) AS i',
    columns: {
      id: id('psh', 'i'),
      user_id: userId(anyUser('push-user')),
      endpoint: `'https://push.agentim.example/send/' || md5('endpoint' || i)`,
      p256dh: `encode(decode(md5('p256-a' || i) || md5('p256-b' || i), 'hex'), 'base64')`,
      auth: `encode(decode(md5('auth' || i), 'hex'), 'base64')`,
      user_agent: oneOf(devices, 'push-device', 'i'),
      created_at: { time: within('2026-01-20T00:00:00Z', 260, 'push', 'i') },
    },
  },
  {
    table: 'revoked_tokens',
    from: 'generate_series(1, 450) AS i',
    columns: {
      jti: `md5('jti' || i)::uuid`,
      user_id: userId(anyUser('revoked-user')),
      reason: oneOf(
        ['sign_out', 'sign_out', 'sign_out', 'password_change', 'stolen_device', 'admin'],
        'revoked-reason',
        'i',
      ),
      revoked_at: { time: within('2026-09-20T00:00:00Z', 26, 'revoked', 'i') },
      expires_at: {
        time: after(
          within('2026-09-20T00:00:00Z', 26, 'revoked', 'i'),
          `3600 + ${pick('revoked-life', 'i', 2_500_000)} + ${millis('revoked-life', 'i')}`,
        ),
      },
    },
  },
];
