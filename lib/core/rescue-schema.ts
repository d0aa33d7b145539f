/** Where rescue copies lie on a target. It is no part of the application's schema, and is left out of comparisons. */
export const RESCUE_SCHEMA = 'backstep_rescue';
