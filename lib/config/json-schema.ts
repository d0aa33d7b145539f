import { z } from 'zod';
import { configFile, TEXT_LIKE_NUMBER } from './schema';

const CONNECTION_STRINGS = new Set(['url', 'read_url']);

/** The file's shape for editors, as text of `docs/backstep.config.schema.json`. */
export function configJsonSchema(): string {
  // The YAML language server reads draft 7 best.
  const schema = z.toJSONSchema(configFile, { io: 'input', target: 'draft-7' });
  const text = JSON.stringify(
    { title: 'backstep.config.yaml', ...schema },
    (key, value: unknown) => asWritten(key, value),
    2,
  );
  return `${text}\n`;
}

/** The editor sees the file before references are resolved and bare numbers are taken as text. */
function asWritten(key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (CONNECTION_STRINGS.has(key)) return { ...value, pattern: '^postgres(ql)?://|\\$\\{' };
  if (TEXT_LIKE_NUMBER.has(key)) return { ...value, type: ['string', 'number'] };
  return value;
}
