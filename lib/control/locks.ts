/** Every advisory lock that Backstep takes on the control database, so that no two share a key. */
export const ADVISORY_LOCKS = {
  controlMigrations: 5_730_001,
  auditChain: 5_730_002,
  setup: 5_730_003,
  /** With a hash of the target's name as second key: one new rollback a target at a time. */
  newRollback: 5_730_004,
  /** With a hash of the e-mail as second key: attempts to sign in are counted one after the other. */
  signInAttempts: 5_730_005,
  /** With a hash of the target's name as second key: a run and a swap of one target. Taken by a trigger. */
  targetAlone: 5_730_006,
  /** With a hash of the target's name as second key: one backup without a rollback at a time. */
  targetBackup: 5_730_007,
  /** Held for a moment by whoever begins a test restore: one at a time, as the copies need much room. */
  testRestoreTurn: 5_730_010,
} as const;
