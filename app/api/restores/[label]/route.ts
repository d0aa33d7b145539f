import { getRestore } from '@/lib/restore';
import { read } from '@/lib/server/next-request';

export async function GET(
  _request: Request,
  { params }: { params: Promise<{ label: string }> },
): Promise<Response> {
  const { label } = await params;
  return read('target.read', (ctx) => getRestore(ctx, { restore: label }));
}
