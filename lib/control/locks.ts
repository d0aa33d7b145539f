/** Every advisory lock that Backstep takes on the control database, so that no two share a key. */
export const ADVISORY_LOCKS = {
  controlMigrations: 5_730_001,
  auditChain: 5_730_002,
  setup: 5_730_003,
  /** With a hash of the target's name as second key: one new rollback a target at a time. */
  newRollback: 5_730_004,
  /** With a hash of the e-mail as second key: attempts to sign in are counted one after the other. */
  signInAttempts: 5_730_005,
} as const;
