import { keepAwake } from '@/lib/server/keep-awake';
import { nextRequest } from '@/lib/server/next-request';

export async function POST(request: Request): Promise<Response> {
  return keepAwake(request, nextRequest);
}
