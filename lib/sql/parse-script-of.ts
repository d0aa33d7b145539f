import type { ParsedScript } from '@/lib/core/statement';
import { columnTypesOf } from './column-types-of';
import { parseScript, type ScriptContext } from './parse-script';
import type { ParsedUp } from './parse-up';
import { refusedBeside } from './schema-drops';

/**
 * Reads a rollback script beside its migration: changes of types are judged by the types that the
 * migration gave, and a schema may be dropped whole only where the migration created it.
 */
export async function parseScriptOf(
  up: ParsedUp,
  bytes: Uint8Array,
  { tracking }: Pick<ScriptContext, 'tracking'>,
): Promise<ParsedScript> {
  const parsed = await parseScript(bytes, { tracking, columnType: columnTypesOf(up) });
  if (!parsed.ok) return parsed;
  const refusals = refusedBeside(up, parsed);
  return refusals.length > 0 ? { ok: false, refusals } : parsed;
}
