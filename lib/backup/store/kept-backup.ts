import type { BackupManifest, StoredFile } from '@/lib/control';

/** A confirmed backup, as its row tells where it lies. */
export interface KeptBackup {
  location: string;
  manifest: BackupManifest;
  /** Null: the manifest's files lie in the folder as they are. */
  stored: StoredFile[] | null;
}
