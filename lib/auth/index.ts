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
  changePassword,
  changePasswordInput,
  listPeople,
  updatePerson,
  updatePersonInput,
} from './people';
export { IDLE_MINUTES, resumeSession, SESSION_HOURS } from './resume-session';
export { signIn, signInInput, signOut } from './sign-in';
