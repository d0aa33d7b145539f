import { getTargetPage } from '@/lib/migrations';
import { read } from '@/lib/server/next-request';

export async function GET(
  _request: Request,
  { params }: { params: Promise<{ name: string }> },
): Promise<Response> {
  const { name } = await params;
  return read('target.read', (ctx) => getTargetPage(ctx, { target: name }));
}
