import { Readable } from 'node:stream';
import { BackstepError } from '@/lib/core/errors';
import { exportHistory, historyFilters } from '@/lib/history';
import { read } from '@/lib/server/respond';

const TYPES = {
  csv: 'text/csv; charset=utf-8',
  jsonl: 'application/x-ndjson; charset=utf-8',
} as const;

export async function GET(request: Request): Promise<Response> {
  return read('history.export', async (ctx) => {
    const { format = 'jsonl', ...query } = Object.fromEntries(new URL(request.url).searchParams);
    const filters = historyFilters.safeParse(query);
    if (!filters.success || (format !== 'csv' && format !== 'jsonl')) {
      throw new BackstepError(
        'invalid_input',
        filters.error?.issues[0]?.message ?? 'The format is csv or jsonl.',
      );
    }
    const lines = await exportHistory(ctx, filters.data, format);
    const day = new Date().toISOString().slice(0, 10);
    return new Response(
      Readable.toWeb(Readable.from(lines, { objectMode: false })) as ReadableStream,
      {
        headers: {
          'Content-Type': TYPES[format],
          'Content-Disposition': `attachment; filename="backstep-history-${day}.${format}"`,
          'Cache-Control': 'no-store',
        },
      },
    );
  });
}
