import type { Ctx } from '@/lib/control';
import type { Actor } from '@/lib/core/actor';

export type Person = Extract<Actor, { kind: 'user' }>;

/** What an adapter has to find out around a request. */
export interface RequestDeps {
  /**
   * The person of the request, or undefined without a session that counts.
   * @param options.touch false for what a page asks by itself: it does not keep the session awake
   */
  caller(options: { touch: boolean }): Promise<Person | undefined>;
  context(actor: Actor): Promise<Ctx>;
  /** Where people reach Backstep, without a slash at the end. */
  publicUrl(): string;
}
