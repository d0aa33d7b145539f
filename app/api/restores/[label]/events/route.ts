import { streamChanges, watchedRestore } from '@/lib/server/change-stream';
import { read, streamDeps } from '@/lib/server/next-request';

export const dynamic = 'force-dynamic';

export async function GET(
  request: Request,
  { params }: { params: Promise<{ label: string }> },
): Promise<Response> {
  const { label } = await params;
  return read('target.read', async (ctx) =>
    streamChanges(ctx, watchedRestore(label), request, await streamDeps(ctx)),
  );
}
