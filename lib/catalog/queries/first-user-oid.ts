/** The first oid that is not PostgreSQL's own, for catalogs whose objects live in no schema. */
export const FIRST_USER_OID = 16_384;
