/** The control database's tables, for drizzle and for everybody else. */
export * from './base-schema';
export * from './fence-schema';
export * from './restore-schema';
export * from './test-restore-schema';
