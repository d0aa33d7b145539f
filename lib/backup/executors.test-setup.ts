import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import type { BackupPolicy } from '@/lib/core/backup';
import type { ObjectStorage } from '@/lib/core/policy';
import { processBirth } from '@/lib/embedded/process-table';
import { adminUrl } from '@/lib/testing/database';
import { type ExecutorProcess, startExecutorProcess } from '@/lib/testing/executor-process';
import { until } from '@/lib/testing/fault-room';
import type { ObjectServer } from '@/lib/testing/object-server';
import { keepFromChecking } from '@/lib/testing/passed-evidence';
import type { PlannedRollback } from '@/lib/testing/planned-rollback';
import { systemCtx } from './backup.test-setup';

/** As an object server of a test wants it, in this process and for an executor of its own. */
export const storageOf = (server: ObjectServer): ObjectStorage => ({
  endpoint: server.endpoint,
  region: 'us-east-1',
  bucket: server.bucket,
  prefix: 'backstep',
  accessKey: server.accessKey,
  secretKey: 'a-secret-key',
  pathStyle: true,
});

/** Has backups encrypted to an identity that only this test has. */
export async function encryptBackups({ home, config }: PlannedRollback): Promise<void> {
  const identity = await generateX25519Identity();
  const identityFile = path.join(home, `identity-${randomUUID()}.txt`);
  await writeFile(identityFile, `${identity}\n`);
  config.backups.encryption = { recipients: [await identityToRecipient(identity)], identityFile };
}

export interface Executors {
  start(): Promise<ExecutorProcess>;
  /** SIGKILL, and what the dead line of the control database's clock does some seconds later. */
  kill(executor: ExecutorProcess): Promise<void>;
  close(): Promise<void>;
}

/** Real executors for a planned rollback, with a configuration like that of the test's own process. */
export async function executorsOf(
  planned: PlannedRollback,
  more: { clientTools?: string; backup?: Partial<BackupPolicy> } = {},
): Promise<Executors> {
  const { home, target, control } = planned;
  const configPath = path.join(home, 'backstep.config.yaml');
  const { name, environment, url, readUrl, migrations, rollbacks } = target;
  await mkdir(rollbacks, { recursive: true });
  await keepFromChecking(systemCtx(planned), name);
  // JSON is YAML, too.
  await writeFile(
    configPath,
    JSON.stringify({
      targets: [
        {
          ...{ name, environment, url, read_url: readUrl, migrations, rollbacks },
          ...(more.backup && { policy: { backup: more.backup } }),
        },
      ],
      backups: backupsOf(planned),
      ...(more.clientTools && { client_tools: more.clientTools }),
    }),
  );
  const { rows } = await control.pool.query<{ name: string }>('SELECT current_database() AS name');
  const controlUrl = new URL(adminUrl());
  controlUrl.pathname = `/${rows[0]?.name}`;
  const started: ExecutorProcess[] = [];
  return {
    async start() {
      const executor = await startExecutorProcess({
        home: path.join(home, 'home'),
        configPath,
        controlUrl: controlUrl.href,
        scratchUrl: adminUrl(),
      });
      started.push(executor);
      return executor;
    },
    async kill(executor) {
      await executor.kill();
      await control.pool.query(
        "UPDATE backstep.executors SET heartbeat_at = '-infinity' WHERE pid = $1",
        [executor.pid],
      );
    },
    async close() {
      await Promise.all(started.filter((one) => !one.ended()).map((one) => one.kill()));
    },
  };
}

function backupsOf({ config }: PlannedRollback) {
  const { directory, storage, encryption } = config.backups;
  return {
    directory,
    jobs: 2,
    ...(storage && {
      storage: {
        endpoint: storage.endpoint,
        bucket: storage.bucket,
        prefix: storage.prefix,
        access_key: storage.accessKey,
        secret_key: storage.secretKey,
        path_style: storage.pathStyle,
      },
    }),
    ...(encryption && {
      encryption: { recipients: encryption.recipients, identity_file: encryption.identityFile },
    }),
  };
}

/** Also of one that nobody has collected. */
export const processGone = (pid: number): Promise<void> =>
  until(`process ${pid} is gone`, async () => (await processBirth(pid)) === undefined);
