import { getRoom } from '@/lib/history';
import { checkPlan } from '@/lib/plan';
import { read } from '@/lib/server/next-request';

export async function GET(
  _request: Request,
  { params }: { params: Promise<{ id: string }> },
): Promise<Response> {
  const { id } = await params;
  return read('target.read', (ctx) => getRoom(ctx, { rollback: id }, { checkPlan }));
}
