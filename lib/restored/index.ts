export type { SchemaComparison } from './compare-schema';
export {
  type DumpedSchema,
  readDumpedSchema,
  readSchemaFile,
  writeSchemaFile,
} from './dumped-schema';
export { restoreArchive } from './restore-archive';
export { verifyRestored } from './verify-restored';
