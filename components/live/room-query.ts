import type { RollbackRoom, TouchedTable } from '@/lib/core/views';

/** Where the room, its events and its tables live in the query cache. */
export const roomKey = (label: string) => ['rollback', label] as const;
export const eventsKey = (label: string) => ['rollback', label, 'events'] as const;
export const tablesKey = (label: string) => ['rollback', label, 'tables'] as const;

/** The console answered, but not with what was asked for. */
export class ReadFailed extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ReadFailed';
    this.status = status;
  }
}

/** A console that has not answered by then counts as away; its own patience with a target is shorter. */
const PATIENCE_MS = 9_000;

/** @throws ReadFailed when the console refuses; anything else when it does not answer */
export async function readJson<T>(address: string, signal?: AbortSignal): Promise<T> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const response = await fetch(address, {
    signal: signal ? AbortSignal.any([signal, patience]) : patience,
    headers: { Accept: 'application/json' },
    cache: 'no-store',
  });
  if (!response.ok) throw new ReadFailed(response.status, await reasonOf(response));
  return (await response.json()) as T;
}

async function reasonOf(response: Response): Promise<string> {
  if (response.status === 401) return 'You are signed out. Sign in to see what happens here.';
  try {
    const body: unknown = await response.json();
    if (typeof body === 'object' && body !== null && 'message' in body) return String(body.message);
  } catch {
    // Not JSON: an error page of something between us and the console.
  }
  return `The console answered with status ${response.status}.`;
}

/** @throws ReadFailed when the console refuses; anything else when it does not answer */
export function fetchRoom(label: string, signal?: AbortSignal): Promise<RollbackRoom> {
  return readJson<RollbackRoom>(`/api/rollbacks/${encodeURIComponent(label)}`, signal);
}

/** The relations that the rollback touched, as they are now. @throws as `fetchRoom` */
export function fetchTables(label: string, signal?: AbortSignal): Promise<TouchedTable[]> {
  return readJson<TouchedTable[]>(`/api/rollbacks/${encodeURIComponent(label)}/tables`, signal);
}
