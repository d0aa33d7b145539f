import { z } from 'zod';

/** Key in `settings` under which the newest row's number and hash are kept a second time. */
export const AUDIT_HEAD_KEY = 'audit_head';

export const chainHead = z.object({ seq: z.number().int(), hash: z.string() });

export type ChainHead = z.infer<typeof chainHead>;
