import { type Ctx, databaseNow } from '@/lib/control';
import { BackstepError } from '@/lib/core/errors';
import { exportHistory, historyFilters } from '@/lib/history';
import { inputProblem } from './input-problem';

const TYPES = {
  csv: 'text/csv; charset=utf-8',
  jsonl: 'application/x-ndjson; charset=utf-8',
} as const;

/**
 * The history as a file to save, sent as it is read.
 * @throws BackstepError `forbidden`, `invalid_input`
 */
export async function exportResponse(ctx: Ctx, request: Request): Promise<Response> {
  // Every export is in the history under the name of who asked; a link elsewhere must not ask for it.
  if (request.headers.get('sec-fetch-site') === 'cross-site') {
    throw new BackstepError('forbidden', 'Export the history from Backstep’s own page.');
  }
  const { format = 'jsonl', ...query } = Object.fromEntries(new URL(request.url).searchParams);
  if (format !== 'csv' && format !== 'jsonl') {
    throw new BackstepError('invalid_input', 'The format is csv or jsonl.');
  }
  const filters = historyFilters.safeParse(query);
  if (!filters.success) throw new BackstepError('invalid_input', inputProblem(filters.error));
  const lines = (await exportHistory(ctx, filters.data, format))[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await lines.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      await lines.return?.();
    },
  });
  const day = (await databaseNow(ctx)).toISOString().slice(0, 10);
  return new Response(body, {
    headers: {
      'Content-Type': TYPES[format],
      'Content-Disposition': `attachment; filename="backstep-history-${day}.${format}"`,
      'Cache-Control': 'no-store',
    },
  });
}
