import type { BackupsConfig, ObjectStorage } from '@/lib/core/policy';
import type { ObjectClient } from './object-client';

const SCHEME = 's3://';

/** Whether a location names objects, and not a folder. */
export const isObjectLocation = (location: string): boolean => location.startsWith(SCHEME);

export function objectLocation({ bucket }: ObjectStorage, prefix: string): string {
  return `${SCHEME}${bucket}/${prefix}`;
}

/** `s3://bucket/a/b` → `a/b/`, the prefix of the objects' keys. */
export function prefixOf(location: string): string {
  const [, ...rest] = location.slice(SCHEME.length).split('/');
  return `${rest.join('/')}/`;
}

/** The bucket that a location names; another one than the configured can't be reached. */
export function bucketOf(location: string): string {
  return location.slice(SCHEME.length).split('/')[0] ?? '';
}

/** Does some work with the objects of the configured bucket. */
export async function withObjects<T>(
  storage: NonNullable<BackupsConfig['storage']>,
  work: (client: ObjectClient) => Promise<T>,
): Promise<T> {
  // Its library is large, and most installations keep backups in a folder.
  const { ObjectClient: Client } = await import('./object-client');
  const client = new Client(storage);
  try {
    return await work(client);
  } finally {
    client.close();
  }
}
