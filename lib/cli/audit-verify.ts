import { createReadStream } from 'node:fs';
import path from 'node:path';
import {
  type ExportVerdict,
  UnverifiableExportError,
  verifyExport,
} from '@/lib/audit/verify-export';
import type { AuditVerifyArguments } from './arguments';

/**
 * `backstep audit verify`: whether an export of the history is as it was written.
 * @throws UnverifiableExportError when the file can't be read, or is no export that can be verified
 */
export async function auditVerify({
  file,
  part,
  head,
}: AuditVerifyArguments): Promise<ExportVerdict> {
  const input = file === '-' ? process.stdin : createReadStream(file);
  try {
    return await verifyExport(input, { part, ...(head === undefined ? {} : { head }) });
  } catch (cause) {
    if (!(cause instanceof Error) || !('code' in cause)) throw cause;
    const name = file === '-' ? 'Standard input' : path.basename(file);
    throw new UnverifiableExportError(`${name} can’t be read: ${cause.message}`, { cause });
  }
}
