import { streamChanges, watchedRestores } from '@/lib/server/change-stream';
import { read, streamDeps } from '@/lib/server/next-request';

export const dynamic = 'force-dynamic';

/** Of all emergency restores, as their list shows them. */
export async function GET(request: Request): Promise<Response> {
  return read('target.read', async (ctx) =>
    streamChanges(ctx, watchedRestores(), request, await streamDeps(ctx)),
  );
}
