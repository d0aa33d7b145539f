/** PostgreSQL's error codes that Backstep reacts to. Errors are told apart by these, never by text. */
export const SQLSTATE = {
  uniqueViolation: '23505',
  readOnlyTransaction: '25006',
  inFailedTransaction: '25P02',
  invalidAuthorization: '28000',
  invalidPassword: '28P01',
  invalidTransactionTermination: '2D000',
  invalidCatalogName: '3D000',
  invalidSchemaName: '3F000',
  serializationFailure: '40001',
  deadlockDetected: '40P01',
  insufficientPrivilege: '42501',
  undefinedColumn: '42703',
  undefinedFunction: '42883',
  undefinedTable: '42P01',
  duplicateDatabase: '42P04',
  duplicateObject: '42710',
  wrongObjectType: '42809',
  diskFull: '53100',
  tooManyConnections: '53300',
  objectInUse: '55006',
  lockNotAvailable: '55P03',
  queryCanceled: '57014',
  adminShutdown: '57P01',
  crashShutdown: '57P02',
  cannotConnectNow: '57P03',
  databaseDropped: '57P04',
  idleSessionTimeout: '57P05',
} as const;

/** The five characters of a PostgreSQL error; undefined for everything that is not one. */
export function sqlstateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('severity' in error)) return undefined;
  return typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code)
    ? error.code
    : undefined;
}
