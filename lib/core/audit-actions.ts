/** Every act that the history knows, in the words of the pages. */
export const AUDIT_ACTIONS = {
  'session.sign_in': 'Signed in',
  'session.sign_in_failed': 'Tried to sign in',
  'session.sign_out': 'Signed out',
  'person.first_admin': 'Created the first administrator',
  'person.add': 'Added person',
  'person.update': 'Changed person',
  'person.password': 'Changed password',
  'rollback.create': 'Created rollback',
  'rollback.cancel': 'Cancelled rollback',
  'rollback.expire': 'Let rollback expire',
  'rollback.repin': 'Pinned the plan again',
  'rehearsal.request': 'Asked for a rehearsal',
  'rehearsal.finish': 'Rehearsed rollback',
  'danger.acknowledge': 'Acknowledged danger',
  'target.check': 'Asked to check target',
  'backup.request': 'Asked for a backup',
  'backup.finish': 'Took backup',
  'approval.request': 'Requested approval',
  'approval.approve': 'Approved rollback',
  'approval.reject': 'Rejected rollback',
  'approval.void': 'Voided approval',
  'run.start': 'Started run',
  'run.resume': 'Resumed run',
  'run.preflight': 'Checked before the run',
  'run.step': 'Undid migration',
  'run.part': 'Undid part of a migration',
  'run.stop': 'Asked to stop the run',
  'run.cancel': 'Cancelled the step',
  'run.terminate_blocker': 'Asked to end a blocking session',
  'run.blocker_terminated': 'Ended a blocking session',
  'run.reconcile': 'Asked to look at the target again',
  'run.finish': 'Finished run',
  'fence.raise': 'Raised fence',
  'watch.start': 'Began to watch the tracking table',
  'fence.release_request': 'Asked to release the fence',
  'fence.release': 'Released fence',
  'fence.refused': 'Fence refused a newer image',
  'fence.removed_by_hand': 'Found the fence removed by hand',
  'watch.end': 'Ended the watch of the tracking table',
  'migration.reapplied': 'Found migrations applied again',
  'rescue.prune_request': 'Asked to drop rescue copies',
  'rescue.prune': 'Dropped rescue copies',
  'history.export': 'Exported history',
  'action.refused': 'Was refused',
} as const;

export type AuditAction = keyof typeof AUDIT_ACTIONS;

export const AUDIT_ACTION_NAMES = Object.keys(AUDIT_ACTIONS) as AuditAction[];

/** Words for an act; the bare name for one of a newer version. */
export function auditActionLabel(action: string): string {
  return (AUDIT_ACTIONS as Record<string, string>)[action] ?? action;
}
