import { listTargets } from '@/lib/migrations';
import { read } from '@/lib/server/respond';

export const GET = () => read('target.read', (ctx) => listTargets(ctx));
