import { controlPool } from '@/lib/server/runtime';

export const dynamic = 'force-dynamic';

/** 200 when the control database answers: for load balancers and for whoever waits for the start. */
export async function GET(): Promise<Response> {
  try {
    await controlPool().query('SELECT 1');
    return Response.json({ ok: true }, { headers: { 'Cache-Control': 'no-store' } });
  } catch {
    return Response.json({ ok: false }, { status: 503, headers: { 'Cache-Control': 'no-store' } });
  }
}
