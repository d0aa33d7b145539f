import { exportResponse } from '@/lib/server/export-response';
import { read } from '@/lib/server/next-request';

export async function GET(request: Request): Promise<Response> {
  return read('history.export', (ctx) => exportResponse(ctx, request));
}
