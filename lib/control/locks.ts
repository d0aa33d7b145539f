/** Every advisory lock that Backstep takes on the control database, so that no two share a key. */
export const ADVISORY_LOCKS = {
  controlMigrations: 5_730_001,
  auditChain: 5_730_002,
  setup: 5_730_003,
} as const;
