import { z } from 'zod';
import {
  acknowledgeDanger,
  acknowledgeDangerInput,
  decideApproval,
  decideApprovalInput,
  requestApproval,
  requestApprovalInput,
} from '@/lib/approval';
import { verifyChain } from '@/lib/audit';
import {
  addPerson,
  addPersonInput,
  changePassword,
  changePasswordInput,
  updatePerson,
  updatePersonInput,
} from '@/lib/auth';
import {
  attestBackup,
  attestBackupInput,
  cancelBackup,
  cancelBackupInput,
  confirmBackupAttestation,
  confirmBackupAttestationInput,
  requestBackup,
  requestBackupInput,
  requestTargetBackup,
  requestTargetBackupInput,
} from '@/lib/backup';
import type { Ctx } from '@/lib/control';
import type { Permission } from '@/lib/core/actor';
import { requestCheck, requestCheckInput } from '@/lib/migrations';
import {
  cancelRollback,
  cancelRollbackInput,
  checkPlan,
  createRollback,
  createRollbackInput,
  repinPlan,
  repinPlanInput,
} from '@/lib/plan';
import { queueRehearsal, requestRehearsal, requestRehearsalInput } from '@/lib/rehearsal';
import {
  approvedRestoreInput,
  cancelRestore,
  confirmedRestoreInput,
  createRestore,
  createRestoreInput,
  decideRestore,
  decideRestoreInput,
  dropFormer,
  reconcileRestore,
  releaseRestoreFence,
  requestRestoreApproval,
  requestRestoreApprovalInput,
  restoreInput,
  startRestore,
  startSwap,
  swapBack,
  takeSafetyBackup,
} from '@/lib/restore';
import {
  cancelRun,
  pruneRescue,
  pruneRescueInput,
  reconcileRun,
  releaseFence,
  releaseFenceInput,
  resumeRun,
  startRun,
  startRunInput,
  stopRun,
  stopRunInput,
  terminateBlocker,
  terminateBlockerInput,
} from '@/lib/run';

import { requestTestRestore, requestTestRestoreInput } from '@/lib/test-restore';

export interface Action<I> {
  permission: Permission;
  input: z.ZodType<I>;
  verb(ctx: Ctx, input: I): Promise<unknown>;
}

/** Ties the schema's type to the verb's; what the registry holds is called with parsed input only. */
function action<I>(
  permission: Permission,
  input: z.ZodType<I>,
  verb: (ctx: Ctx, input: I) => Promise<unknown>,
): Action<unknown> {
  return { permission, input, verb: (ctx, parsed) => verb(ctx, parsed as I) };
}

/** Every change that a browser can ask for. What is not here can't be called. */
export const ACTIONS = {
  create_rollback: action('rollback.create', createRollbackInput, (ctx, input) =>
    createRollback(ctx, input, { queueRehearsal }),
  ),
  repin: action('rollback.repin', repinPlanInput, (ctx, input) =>
    repinPlan(ctx, input, { queueRehearsal }),
  ),
  cancel_rollback: action('rollback.cancel', cancelRollbackInput, cancelRollback),
  rehearse: action('rollback.rehearse', requestRehearsalInput, requestRehearsal),
  acknowledge: action('approval.request', acknowledgeDangerInput, acknowledgeDanger),
  check_target: action('target.check', requestCheckInput, requestCheck),
  take_backup: action('backup.take', requestBackupInput, requestBackup),
  take_target_backup: action('backup.take', requestTargetBackupInput, requestTargetBackup),
  attest_backup: action('backup.take', attestBackupInput, attestBackup),
  confirm_backup: action('backup.confirm', confirmBackupAttestationInput, confirmBackupAttestation),
  cancel_backup: action('backup.take', cancelBackupInput, cancelBackup),
  test_restore: action('backup.test', requestTestRestoreInput, requestTestRestore),
  request_approval: action('approval.request', requestApprovalInput, (ctx, input) =>
    requestApproval(ctx, input, { checkPlan }),
  ),
  decide: action('approval.decide', decideApprovalInput, (ctx, input) =>
    decideApproval(ctx, input, { checkPlan }),
  ),
  start_run: action('run.start', startRunInput, startRun),
  resume_run: action('run.start', startRunInput, resumeRun),
  stop_run: action('run.stop', stopRunInput, stopRun),
  cancel_run: action('run.stop', stopRunInput, cancelRun),
  reconcile_run: action('run.start', stopRunInput, reconcileRun),
  terminate_blocker: action('run.terminate_blocker', terminateBlockerInput, terminateBlocker),
  release_fence: action('fence.release', releaseFenceInput, releaseFence),
  prune_rescue: action('rescue.prune', pruneRescueInput, pruneRescue),
  create_restore: action('restore.create', createRestoreInput, createRestore),
  start_restore: action('restore.start', confirmedRestoreInput, startRestore),
  take_safety_backup: action('backup.take', restoreInput, (ctx, input) =>
    takeSafetyBackup(ctx, input, { requestBackup: requestTargetBackup }),
  ),
  request_restore_approval: action(
    'approval.request',
    requestRestoreApprovalInput,
    requestRestoreApproval,
  ),
  decide_restore: action('approval.decide', decideRestoreInput, decideRestore),
  start_swap: action('restore.swap', approvedRestoreInput, startSwap),
  swap_back: action('restore.swap', confirmedRestoreInput, swapBack),
  drop_former: action('restore.swap', confirmedRestoreInput, dropFormer),
  cancel_restore: action('restore.start', restoreInput, cancelRestore),
  reconcile_restore: action('restore.swap', restoreInput, reconcileRestore),
  release_restore_fence: action('fence.release', restoreInput, releaseRestoreFence),
  verify_chain: action('history.verify', z.object({}), (ctx) => verifyChain(ctx)),
  add_person: action('people.manage', addPersonInput, addPerson),
  update_person: action('people.manage', updatePersonInput, updatePerson),
  change_password: action('account.password', changePasswordInput, changePassword),
} satisfies Record<string, Action<unknown>>;

export type ActionName = keyof typeof ACTIONS;

export function findAction(name: string): Action<unknown> | undefined {
  return Object.hasOwn(ACTIONS, name) ? ACTIONS[name as ActionName] : undefined;
}
