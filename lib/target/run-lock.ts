/**
 * First key of the advisory locks that a run holds in the target's database while it changes the schema, of
 * whichever installation of Backstep; the second is a hash of the tracking table.
 */
export const RUN_LOCK_CLASS = 5_730_100;
