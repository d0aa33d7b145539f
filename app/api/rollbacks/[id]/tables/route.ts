import { readTouchedTables } from '@/lib/run';
import { read } from '@/lib/server/next-request';

export async function GET(
  _request: Request,
  { params }: { params: Promise<{ id: string }> },
): Promise<Response> {
  const { id } = await params;
  return read('target.read', (ctx) => readTouchedTables(ctx, { rollback: id }));
}
