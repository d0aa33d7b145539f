import type { BackupManifest } from '@/lib/control';
import type { BackupsConfig } from '@/lib/core/policy';
import type { RehearseSteps } from './rehearse-on-copy';
import type { ClaimedTestRestore } from './test-restore-record';

export interface TestRestoreDeps {
  executorId: string;
  /** A server on which databases may be made and dropped. */
  scratchUrl: string;
  /** Aborted when the executor shuts down. */
  signal: AbortSignal;
  /** Finds a client program that is not older than the server; throws with a remedy. */
  findTool(
    tool: 'pg_restore',
    options: { configuredDir?: string; serverMajor?: number },
  ): Promise<{ path: string; version: string; major: number }>;
  /** Brings a backup to a folder that pg_restore takes, every file compared with the manifest. */
  openBackup(
    config: BackupsConfig,
    backup: StoredBytes,
    options: { executorId: string; signal?: AbortSignal; onBytes?(bytes: number): void },
  ): Promise<{ folder: string; dispose(): Promise<void> }>;
  rehearseSteps: RehearseSteps;
}

export interface StoredBytes {
  location: string;
  manifest: BackupManifest;
  stored: ClaimedTestRestore['backup']['stored'];
}
