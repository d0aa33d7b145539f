import { BackstepError } from '@/lib/core/errors';
import { type ProgramEnd, runClientProgram } from '@/lib/embedded/client-program';

export interface DumpCommand {
  /** pg_dump */
  program: string;
  folder: string;
  jobs: number;
  snapshotId: string;
  lockWaitMs: number;
  environment: NodeJS.ProcessEnv;
  signal: AbortSignal;
  onLine(line: string): void;
}

/**
 * Dumps the snapshot into an empty folder. Nothing secret is in the arguments: every user of the
 * machine can read those.
 * @throws the signal's reason; BackstepError `backup_failed` when pg_dump cannot be started
 */
export async function runDump(command: DumpCommand): Promise<ProgramEnd> {
  try {
    return await runClientProgram(
      command.program,
      [
        '--format=directory',
        `--jobs=${command.jobs}`,
        '--no-password',
        '--verbose',
        `--lock-wait-timeout=${command.lockWaitMs}`,
        `--snapshot=${command.snapshotId}`,
        `--file=${command.folder}`,
      ],
      { env: command.environment, signal: command.signal, onStderrLine: command.onLine },
    );
  } catch (cause) {
    command.signal.throwIfAborted();
    throw new BackstepError(
      'backup_failed',
      `${command.program} could not be started: ${(cause as Error).message}.`,
      { cause },
    );
  }
}
