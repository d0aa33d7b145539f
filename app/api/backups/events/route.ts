import { streamChanges, watchedBackups } from '@/lib/server/change-stream';
import { read, streamDeps } from '@/lib/server/next-request';

export const dynamic = 'force-dynamic';

/** Of all backups, or with `?backup=B-0001` of this one and the tests of it. */
export async function GET(request: Request): Promise<Response> {
  const backup = new URL(request.url).searchParams.get('backup');
  return read('target.read', async (ctx) =>
    streamChanges(ctx, watchedBackups(backup), request, await streamDeps(ctx)),
  );
}
