import { nextRequest } from '@/lib/server/next-request';
import { performSetup } from '@/lib/server/perform-setup';

export async function POST(request: Request): Promise<Response> {
  return performSetup(request, nextRequest);
}
