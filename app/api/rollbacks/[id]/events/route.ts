import { streamEvents } from '@/lib/server/event-stream';
import { read, streamDeps } from '@/lib/server/next-request';

export const dynamic = 'force-dynamic';

export async function GET(
  request: Request,
  { params }: { params: Promise<{ id: string }> },
): Promise<Response> {
  const { id } = await params;
  return read('target.read', async (ctx) => streamEvents(ctx, id, request, await streamDeps(ctx)));
}
