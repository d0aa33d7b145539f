import { hash, verify } from '@node-rs/argon2';
import { z } from 'zod';

/** argon2id (the library's default algorithm) with OWASP's recommended cost: 19 MiB, two passes. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** A hash of nothing anybody knows: an unknown e-mail must cost as much time as a wrong password. */
let decoy: Promise<string> | undefined;

export const passwordSchema = z
  .string()
  .min(12, 'Use at least 12 characters.')
  .max(200, 'Use at most 200 characters.');

export function hashPassword(password: string): Promise<string> {
  return hash(password, COST);
}

/** @param passwordHash undefined when there is no such person; the answer is no, after the same work */
export async function verifyPassword(
  passwordHash: string | undefined,
  password: string,
): Promise<boolean> {
  if (passwordHash === undefined) {
    decoy ??= hashPassword(crypto.randomUUID());
    await verify(await decoy, password);
    return false;
  }
  return await verify(passwordHash, password);
}
