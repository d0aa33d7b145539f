import { BackstepError } from './errors';

export const ROLES = ['on_call', 'reviewer', 'auditor', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export const ROLE_LABELS: Record<Role, string> = {
  on_call: 'On-call engineer',
  reviewer: 'Reviewer',
  auditor: 'Auditor',
  admin: 'Administrator',
};

/** Who acts. `system` is Backstep itself: the executor's own events. */
export type Actor =
  | { kind: 'user'; id: string; name: string; email: string; role: Role }
  | { kind: 'system'; id: 'backstep'; name: 'Backstep' }
  | { kind: 'anonymous'; id: 'anonymous'; name: 'Not signed in' };

export const ANONYMOUS: Actor = { kind: 'anonymous', id: 'anonymous', name: 'Not signed in' };

export const SYSTEM_ACTOR: Actor = { kind: 'system', id: 'backstep', name: 'Backstep' };

/** Every power in the product. A new action needs a permission here before anybody can call it. */
export const PERMISSIONS = {
  'target.read': ['on_call', 'reviewer', 'auditor', 'admin'],
  'target.check': ['on_call', 'reviewer', 'admin'],
  'rollback.create': ['on_call', 'admin'],
  'rollback.rehearse': ['on_call', 'reviewer', 'admin'],
  'rollback.repin': ['on_call', 'admin'],
  'rollback.cancel': ['on_call', 'admin'],
  'backup.take': ['on_call', 'admin'],
  'backup.test': ['on_call', 'reviewer', 'admin'],
  'backup.confirm': ['reviewer', 'admin'],
  'approval.request': ['on_call', 'admin'],
  'approval.decide': ['reviewer', 'admin'],
  'run.start': ['on_call', 'admin'],
  'run.stop': ['on_call', 'admin'],
  'run.terminate_blocker': ['on_call', 'admin'],
  'restore.create': ['on_call', 'admin'],
  'restore.start': ['on_call', 'admin'],
  'restore.swap': ['on_call', 'admin'],
  'fence.release': ['on_call', 'admin'],
  'rescue.prune': ['on_call', 'admin'],
  'history.read': ['on_call', 'reviewer', 'auditor', 'admin'],
  'history.verify': ['on_call', 'reviewer', 'auditor', 'admin'],
  'history.export': ['auditor', 'admin'],
  'people.manage': ['admin'],
  'account.password': ['on_call', 'reviewer', 'auditor', 'admin'],
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof PERMISSIONS;

export function can(actor: Actor, permission: Permission): boolean {
  if (actor.kind === 'system') return true;
  if (actor.kind === 'anonymous') return false;
  return (PERMISSIONS[permission] as readonly Role[]).includes(actor.role);
}

/** The sentence beside a button that this role may not press. */
export function whyNot(actor: Actor, permission: Permission): string | undefined {
  if (can(actor, permission)) return undefined;
  const roles = PERMISSIONS[permission].map((role) => ROLE_LABELS[role].toLowerCase());
  return `Needs the role ${roles.join(' or ')}.`;
}

/** @throws BackstepError `forbidden` */
export function requirePermission(actor: Actor, permission: Permission): void {
  const reason = whyNot(actor, permission);
  if (reason) {
    throw new BackstepError('forbidden', `You may not do this. ${reason}`, {
      details: { permission },
    });
  }
}
