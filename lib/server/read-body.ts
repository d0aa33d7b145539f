import { BackstepError } from '@/lib/core/errors';
import { isStorable } from '@/lib/core/storable-text';

/** Longer than any reason or comment, shorter than anything that hurts. */
export const MAX_BODY_BYTES = 64 * 1024;

/**
 * The JSON of a request. Reading ends as soon as there is too much of it.
 * @throws BackstepError `invalid_input` when it is too long, no JSON, or holds text that can't be stored
 */
export async function readBody(request: Request): Promise<unknown> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers.get('content-type') ?? '')) {
    throw new BackstepError('invalid_input', 'Send JSON.');
  }
  const bytes = await readBytes(request);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return JSON.parse(text, refuseUnstorable);
  } catch (cause) {
    if (cause instanceof BackstepError) throw cause;
    throw new BackstepError('invalid_input', 'This is not JSON.', { cause });
  }
}

async function readBytes(request: Request): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = request.body?.getReader();
  for (;;) {
    const part = await reader?.read();
    if (!part || part.done) break;
    size += part.value.byteLength;
    if (size > MAX_BODY_BYTES) {
      await reader?.cancel();
      throw new BackstepError('invalid_input', 'This is too long.');
    }
    parts.push(part.value);
  }
  return Buffer.concat(parts);
}

/** A NUL or half a character is refused here in words, not by the database with an error. */
function refuseUnstorable(key: string, value: unknown): unknown {
  if (!isStorable(key) || (typeof value === 'string' && !isStorable(value))) {
    throw new BackstepError(
      'invalid_input',
      'The text holds a character that can’t be stored. Type it instead of pasting it.',
    );
  }
  return value;
}
