import type { ActionResult } from '@/lib/core/errors';

/** A refusal in the server's words; `code` tells a page what it may do about it. */
export class ActionError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = 'ActionError';
  }
}

/**
 * Asks the server for one change.
 * @throws ActionError with a sentence to show
 */
export async function postAction<T = unknown>(name: string, input: unknown): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/api/actions/${name}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(input),
    });
  } catch {
    throw new ActionError(
      'offline',
      'Backstep can’t be reached. Nothing is known to have changed; look again when it is back.',
    );
  }
  const result = (await response.json().catch(() => undefined)) as ActionResult<T> | undefined;
  if (!result)
    throw new ActionError('fault', `Backstep answered ${response.status} without words.`);
  if (!result.ok) throw new ActionError(result.code, result.message);
  return result.value;
}
