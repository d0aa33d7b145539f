import { listTargets } from '@/lib/migrations';
import { read } from '@/lib/server/next-request';

export const GET = () => read('target.read', (ctx) => listTargets(ctx));
