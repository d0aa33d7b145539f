export { cancelRollback, cancelRollbackInput } from './cancel-rollback';
export { checkPlan } from './check-plan';
export { createRollback, createRollbackInput } from './create-rollback';
export { expireOld } from './expire-old';
export { repinPlan, repinPlanInput } from './repin-plan';
