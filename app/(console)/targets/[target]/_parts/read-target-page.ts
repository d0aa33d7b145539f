import { notFound } from 'next/navigation';
import type { Actor } from '@/lib/core/actor';
import { BackstepError } from '@/lib/core/errors';
import type { TargetPage } from '@/lib/core/views';
import { getTargetPage } from '@/lib/migrations';
import { contextFor } from '@/lib/server/runtime';

/** The target, or the page that says that there is none of this name. */
export async function readTargetPage(actor: Actor, target: string): Promise<TargetPage> {
  try {
    return await getTargetPage(await contextFor(actor), { target });
  } catch (cause) {
    if (cause instanceof BackstepError && cause.code === 'not_found') notFound();
    throw cause;
  }
}
