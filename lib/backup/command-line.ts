import { BackstepError } from '@/lib/core/errors';
import { isStorable } from '@/lib/core/storable-text';

export interface CommandValues {
  target: string;
  rollback: string;
  out: string;
}

const PLACEHOLDER = /\{(target|rollback|out)\}/g;

/** Whether the command wants a folder to write to. */
export const wantsFolder = (command: readonly string[]): boolean =>
  command.some((argument) => argument.includes('{out}'));

/** Fills in the placeholders, each argument by itself: nothing that is filled in becomes another argument. */
export function fillCommand(command: readonly string[], values: CommandValues): string[] {
  return command.map((argument) =>
    argument.replace(PLACEHOLDER, (_, name: keyof CommandValues) => values[name]),
  );
}

const PASSED_ON = 'BACKSTEP_COMMAND_';

/** Variables of our own environment that an operator means for the command, without their prefix. */
export function commandVariables(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (name.startsWith(PASSED_ON) && value) passed[name.slice(PASSED_ON.length)] = value;
  }
  return passed;
}

/** What a command may say of its backup. */
export interface CommandReport {
  location?: string;
  size?: number;
  sha256?: string;
}

const LONGEST_LOCATION = 2_000;

/**
 * Reads the last line of a command's output, where that is a JSON object; other output says nothing.
 * @throws BackstepError `backup_failed` when a key has a value that can't be meant
 */
export function readReport(lastLine: string | null): CommandReport {
  const said = asObject(lastLine);
  const report: CommandReport = {};
  const { location, size, sha256 } = said;
  if (location !== undefined) {
    const fits = typeof location === 'string' && location !== '' && isStorable(location);
    if (!fits || location.length > LONGEST_LOCATION) throw unusable('location', 'a text');
    report.location = location;
  }
  if (size !== undefined) {
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
      throw unusable('size', 'a number of bytes');
    report.size = size;
  }
  if (sha256 !== undefined) {
    if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/i.test(sha256))
      throw unusable('sha256', '64 hexadecimal digits');
    report.sha256 = sha256.toLowerCase();
  }
  return report;
}

function asObject(line: string | null): Record<string, unknown> {
  if (!line?.startsWith('{')) return {};
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return {};
  }
}

const unusable = (key: string, wanted: string) =>
  new BackstepError(
    'backup_failed',
    `The command ended well, but the JSON in its last line gives a ${key} that is not ${wanted}. Correct what it prints, then take the backup again.`,
  );
