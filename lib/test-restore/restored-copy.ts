import pg from 'pg';
import { BackstepError } from '@/lib/core/errors';
import type { DumpedSchema } from '@/lib/restored';
import { createScratchDatabase, type ScratchDatabase } from '@/lib/scratch';
import { prepareExtensions } from '@/lib/scratch/clone-extensions';
import { type BorrowedRoles, borrowRoles } from '@/lib/scratch/scratch-roles';
import { closeTarget } from '@/lib/target';
import type { ServerForTest } from './examine-server';

/** An empty database on the scratch server that a dump fits into. */
export interface GroundForCopy {
  scratch: ScratchDatabase;
  client: pg.Client;
  /** Exist already; the dump's own statements for them are left out. */
  schemas: string[];
  /** Every role that the dump names is there, and ours may act for them. */
  rights: boolean;
  remarks: string[];
}

/**
 * Makes the database for a copy, has the work done in it and removes every trace: the database, and the
 * roles that were only made for it. An aborted signal drops the database, which ends whatever goes on.
 * @throws BackstepError `rehearsal_failed`, `restore_failed`; whatever `work` throws; the signal's reason
 */
export async function withCopy<T>(
  input: {
    scratchUrl: string;
    name: string;
    server: ServerForTest;
    dumped: DumpedSchema | null;
    signal: AbortSignal;
  },
  work: (ground: GroundForCopy) => Promise<T>,
): Promise<T> {
  const { scratchUrl, name, server, dumped, signal } = input;
  const roles = await borrowRoles(scratchUrl, dumped?.roles ?? []);
  let scratch: ScratchDatabase | undefined;
  let client: pg.Client | undefined;
  const abort = () => void scratch?.drop().catch(() => undefined);
  try {
    scratch = await createScratchDatabase({ scratchUrl, name });
    signal.addEventListener('abort', abort, { once: true });
    signal.throwIfAborted();
    client = await scratch.connect();
    const schemas = await prepare(client, dumped);
    const rights = dumped !== null && server.superuser && roles.lacking.length === 0;
    return await work({ scratch, client, schemas, rights, remarks: remarksOn(roles, rights) });
  } finally {
    signal.removeEventListener('abort', abort);
    if (client) await closeTarget(client);
    // What can't be dropped now is found by `dropOrphanedScratch`, once this has ended.
    await scratch?.drop().catch(() => undefined);
    await roles.giveBack();
  }
}

/** @returns schemas that are there before the dump makes them */
async function prepare(client: pg.Client, dumped: DumpedSchema | null): Promise<string[]> {
  if (!dumped) return [];
  try {
    const { schemas } = await prepareExtensions(client, dumped.extensions);
    // A dump says nothing of a schema that somebody has dropped.
    if (!('schema public' in dumped.catalog.objects)) {
      await client.query('DROP SCHEMA IF EXISTS public');
    }
    return schemas;
  } catch (cause) {
    if (!(cause instanceof pg.DatabaseError)) throw cause;
    throw new BackstepError(
      'restore_failed',
      `The scratch server could not make an extension of the backup: ${cause.message}. Mend that there, then test it again.`,
      { cause },
    );
  }
}

function remarksOn({ made, lacking }: BorrowedRoles, rights: boolean): string[] {
  const remarks = [
    rights
      ? 'Restored without owners: everything in the copy belongs to the scratch server’s role.'
      : 'Restored without owners and rights: everything in the copy belongs to the scratch server’s role.',
  ];
  if (made.length > 0)
    remarks.push(
      `The scratch server did not have these roles; they were there while the copy was: ${made.join(', ')}.`,
    );
  if (lacking.length > 0)
    remarks.push(
      `The scratch server’s role may not make these roles: ${lacking.join(', ')}. Give it CREATEROLE, or make them there.`,
    );
  return remarks;
}
