export { changePassword, changePasswordInput } from './change-password';
export {
  createFirstAdmin,
  createFirstAdminInput,
  ensureSetupToken,
  needsSetup,
} from './first-admin';
export { hashPassword } from './password';
export {
  addPerson,
  addPersonInput,
  listPeople,
  updatePerson,
  updatePersonInput,
} from './people';
export { resumeSession } from './resume-session';
