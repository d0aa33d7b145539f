import { streamEvents } from '@/lib/server/event-stream';
import { read } from '@/lib/server/respond';

export const dynamic = 'force-dynamic';

export async function GET(
  request: Request,
  { params }: { params: Promise<{ id: string }> },
): Promise<Response> {
  const { id } = await params;
  return read('target.read', (ctx) => streamEvents(ctx, id, request));
}
