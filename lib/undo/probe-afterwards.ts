import type pg from 'pg';
import type { Part } from '@/lib/core/parts';
import { aloneOf, type Probed, probeStatement } from './probe';
import { replaySettings } from './run-statements';
import { beginTransaction } from './session';
import type { UndoInput } from './undo-input';

/**
 * Asks, on a new connection, what became of a statement that ran alone and whose answer nobody saw.
 * Names are looked up as the step would. Changes nothing.
 * @throws what the server says
 */
export async function probeAfterwards(
  client: pg.Client,
  input: Pick<UndoInput, 'step' | 'settings'>,
  part: Part,
): Promise<Probed> {
  await beginTransaction(client, input.settings);
  try {
    await replaySettings(client, input, part);
    return await probeStatement(client, aloneOf(input.step, part));
  } finally {
    await client.query('ROLLBACK');
  }
}
