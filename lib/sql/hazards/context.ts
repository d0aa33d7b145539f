/** What is known beside the statement itself. */
export interface HazardContext {
  /** The type that a column has before the statement runs, as PostgreSQL prints it. */
  columnType(relation: string, column: string): string | undefined;
  /** The script itself has made this relation, so nobody else uses it and it has no old rows. */
  isOwn(relation: string): boolean;
  /** The script has set the session's time zone. */
  zoneIsSet: boolean;
}
