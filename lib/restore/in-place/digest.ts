import { canonicalJson, sha256Hex } from '@/lib/core/digest';
import type { MovedSchema, RestoreEvidence } from '@/lib/core/restore';
import type { RestoreFacts } from '../restore-facts';

/** What is approved: this backup, in these schemas, with what was found in them and what it loses. */
export function digestOfSchemas(
  { row, backup }: Pick<RestoreFacts, 'row' | 'backup'>,
  evidence: RestoreEvidence,
  schemas: readonly MovedSchema[] = row.schemas ?? [],
): string {
  return sha256Hex(
    canonicalJson({
      manifest: backup.manifestSha256,
      way: row.way,
      schemas,
      presentOid: row.presentOid,
      presentDatabase: row.presentDatabase,
      systemIdentifier: row.systemIdentifier,
      evidence,
    }),
  );
}
