import { nextRequest } from '@/lib/server/next-request';
import { performAction } from '@/lib/server/perform-action';

export async function POST(
  request: Request,
  { params }: { params: Promise<{ action: string }> },
): Promise<Response> {
  return performAction(request, (await params).action, nextRequest);
}
