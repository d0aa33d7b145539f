import { resumeSession } from '@/lib/auth';
import { sessionOfRequest } from '@/lib/auth/next';
import { streamEvents } from '@/lib/server/event-stream';
import { read } from '@/lib/server/next-request';
import { eventHub, logger } from '@/lib/server/runtime';

export const dynamic = 'force-dynamic';

export async function GET(
  request: Request,
  { params }: { params: Promise<{ id: string }> },
): Promise<Response> {
  const { id } = await params;
  return read('target.read', async (ctx) => {
    const sid = (await sessionOfRequest()) ?? '';
    return streamEvents(ctx, id, request, {
      hub: eventHub(),
      log: logger(),
      // An open stream is no use by a person: it does not keep the session awake.
      isSignedIn: async () => (await resumeSession(ctx, sid, { touch: false })) !== undefined,
    });
  });
}
