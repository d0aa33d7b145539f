import type { z } from 'zod';
import { nearestKey } from './nearest-key';
import { FORM_REMEDIES, KNOWN_KEYS } from './schema';

type Issue = z.core.$ZodIssue;

/** `targets[0].policy.drift`, as a person would point at it. */
export function keyPath(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`,
    )
    .join('');
}

/** The part of the file that a path lies in: `targets`, `policy`, … */
function partOf(path: readonly PropertyKey[]): string {
  return String(path.filter((part) => typeof part === 'string').at(-1) ?? '');
}

const KINDS: Record<string, string> = {
  string: 'a text',
  number: 'a number, such as 60',
  int: 'a whole number, such as 3',
  boolean: 'true or false',
  array: 'a list (lines that begin with -)',
  object: 'a group of keys, indented below it',
};

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a group of keys';
  if (typeof value === 'string') return 'a text';
  return typeof value === 'boolean' ? 'true or false' : 'a number';
}

/** What to write for a key that does not exist. */
export function describeUnknownKey(key: string, path: readonly PropertyKey[]): string {
  const known = KNOWN_KEYS[partOf(path)] ?? [];
  const meant = nearestKey(key, known);
  return meant
    ? `is not a known key. Did you mean ${meant}?`
    : `is not a known key. Known here: ${known.join(', ')}.`;
}

/**
 * An issue in words, without the value: it may be a secret, or may have been put together from one.
 * @param value the value at the issue's path; undefined when the key is absent
 */
export function describeIssue(issue: Issue, value: unknown): string {
  const key = partOf(issue.path);
  if (value === undefined) return `is missing. ${missingRemedy(key)}`;
  if (value === null) return 'has no value. Write one, or remove the key.';
  switch (issue.code) {
    case 'invalid_type': {
      const wanted = KINDS[issue.expected] ?? issue.expected;
      const found = kindOf(value);
      if (issue.expected === 'int' && found === 'a number') return 'must be a whole number.';
      const hint =
        issue.expected === 'string'
          ? ' Put it in quotes.'
          : found === 'a text' && ['number', 'int', 'boolean'].includes(issue.expected)
            ? ` Write it without quotes; \${…} always gives a text and can’t be used here.`
            : '';
      return `must be ${wanted}, and is ${found}.${hint}`;
    }
    case 'invalid_value':
      return `must be ${issue.values.map(String).join(' or ')}.`;
    case 'too_small':
      if (issue.origin === 'string') return 'is empty. Write a value, or remove the key.';
      if (issue.origin === 'array') return 'is an empty list. It needs at least one entry.';
      return issue.inclusive === false
        ? `must be greater than ${issue.minimum}.`
        : `must be at least ${issue.minimum}.`;
    case 'too_big':
      return `must be at most ${issue.maximum}.`;
    default:
      return `${FORM_REMEDIES[key] ?? 'is not valid'}.`;
  }
}

function missingRemedy(key: string): string {
  switch (key) {
    case 'targets':
      return 'List at least one target.';
    case 'url':
      return `Write url: \${NAME_OF_A_VARIABLE} and set that variable to the connection string.`;
    case 'environment':
      return 'Write production, staging or development.';
    case 'migrations':
      return "Write the path of drizzle's folder.";
    case 'rollbacks':
      return 'Write the path of the folder with the rollback scripts.';
    default:
      return 'Write it.';
  }
}
