import type { Role } from '@/lib/core/actor';

/** Printed at every start: the demo listens on this machine only and holds invented data. */
export const DEMO_PASSWORD = 'backstep-demo';

export const DEMO_ACCOUNTS: readonly { email: string; name: string; role: Role }[] = [
  { email: 'oncall@example.com', name: 'Maya Okafor', role: 'on_call' },
  { email: 'reviewer@example.com', name: 'Jonas Weber', role: 'reviewer' },
  { email: 'auditor@example.com', name: 'Priya Nair', role: 'auditor' },
  { email: 'admin@example.com', name: 'Lena Fischer', role: 'admin' },
];
