import { readFile } from 'node:fs/promises';
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';
import { BackstepError } from '@/lib/core/errors';
import type { Config } from '@/lib/core/policy';
import { backupProblems } from './backup-policy';
import { describeIssue, describeUnknownKey, keyPath } from './describe-issue';
import { resolveReferences } from './references';
import { configFile, TEXT_LIKE_NUMBER } from './schema';
import { breaksStructure, describeSyntaxError } from './syntax-problems';
import { toConfig } from './to-config';

interface Problem {
  line: number;
  message: string;
}

type Path = readonly PropertyKey[];

export interface ConfigSource {
  path: string;
  /** Where `${NAME}` is looked up. */
  env: Record<string, string | undefined>;
  /** The project's folder. */
  root: string;
  /** Absolute; backups go below it unless the file says otherwise. Default: as BACKSTEP_HOME says. */
  home?: string;
}

/**
 * Reads the configuration file.
 * @throws BackstepError `config_invalid` with every problem of the file, each as `path:line: …`, and
 *   never with a value, as any of them may be a secret
 */
export async function loadConfig(options: ConfigSource): Promise<Config> {
  const lineCounter = new LineCounter();
  const document = parseDocument(await readText(options.path), {
    lineCounter,
    prettyErrors: false,
    logLevel: 'silent',
    merge: true,
  });
  const problems: Problem[] = [];
  const lineAt = (offset: number) => lineCounter.linePos(offset).line;
  for (const error of [...document.errors, ...document.warnings]) {
    problems.push({ line: lineAt(error.pos[0]), message: describeSyntaxError(error) });
  }
  if ([...document.errors, ...document.warnings].some(breaksStructure)) {
    throw invalid(options.path, problems);
  }
  const unresolved = resolveTexts(document, options.env, (node, message) => {
    problems.push({ line: lineAt(node.range?.[0] ?? 0), message });
  });
  const written = toPlain(document, options.path);
  const parsed = configFile.safeParse(written);
  for (const issue of parsed.error?.issues ?? []) {
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        const line = lineAt(keyOffset(document, issue.path, key));
        const message = `${keyPath([...issue.path, key])} ${describeUnknownKey(key, issue.path)}`;
        problems.push({ line, message });
      }
      continue;
    }
    const node = nodeAt(document, issue.path);
    if (node && unresolved.has(node)) continue;
    const value = valueAt(written, issue.path);
    const message = `${keyPath(issue.path) || 'the file'} ${describeIssue(issue, value)}`;
    problems.push({ line: lineAt(issueOffset(document, issue.path)), message });
  }
  for (const [index, name] of duplicates(written)) {
    const line = lineAt(issueOffset(document, ['targets', index, 'name']));
    problems.push({
      line,
      message: `targets[${index}].name is '${name}' like another target. Give each its own name.`,
    });
  }
  for (const { path: at, message } of parsed.success ? backupProblems(parsed.data) : []) {
    problems.push({
      line: lineAt(issueOffset(document, at)),
      message: `${keyPath(at)} ${message}`,
    });
  }
  if (problems.length > 0 || !parsed.success) throw invalid(options.path, problems);
  return toConfig(parsed.data, options);
}

async function readText(file: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new BackstepError(
      'config_invalid',
      absent
        ? `There is no configuration file at ${file}. Create it (docs/configuration.md shows one), or set BACKSTEP_CONFIG to its path.`
        : `The configuration file ${file} can’t be read. Check that it is a file and that this user may read it.`,
      { cause: error },
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new BackstepError(
      'config_invalid',
      `${file}:1: the file is not UTF-8. Save it in that encoding.`,
      { cause: error },
    );
  }
}

/** Resolves references in every text; gives back the nodes that could not be resolved. */
function resolveTexts(
  document: Document,
  env: Record<string, string | undefined>,
  report: (node: Node, message: string) => void,
): Set<Node> {
  const unresolved = new Set<Node>();
  visit(document, {
    Scalar(position, node, ancestors) {
      if (position === 'key') return;
      const pair = ancestors.at(-1);
      const key = pair && 'key' in pair && isScalar(pair.key) ? String(pair.key.value) : '';
      if (typeof node.value === 'number' && TEXT_LIKE_NUMBER.has(key)) {
        node.value = node.source ?? String(node.value);
      }
      if (typeof node.value !== 'string') return;
      const { value, problems } = resolveReferences(node.value, env);
      node.value = value;
      if (problems.length === 0) return;
      unresolved.add(node);
      for (const problem of problems) report(node, `${key ? `${key}: ` : ''}${problem}.`);
    },
  });
  return unresolved;
}

function toPlain(document: Document, file: string): unknown {
  try {
    return document.toJS() ?? {};
  } catch (error) {
    throw invalid(
      file,
      [
        {
          line: 1,
          message:
            'an alias (*) has no anchor (&) above it, or aliases unfold without end. Put texts that begin with * in quotes.',
        },
      ],
      error,
    );
  }
}

/** The node at a path, or its nearest ancestor when there is none: an absent key, an alias. */
function nearestNode(document: Document, at: Path): Node | null {
  for (let length = at.length; length > 0; length -= 1) {
    const node = nodeAt(document, at.slice(0, length));
    if (node?.range) return node;
  }
  return document.contents;
}

function nodeAt(document: Document, at: Path): Node | undefined {
  const node: unknown = document.getIn(at, true);
  return isNode(node) ? node : undefined;
}

function issueOffset(document: Document, at: Path): number {
  const last = at.at(-1);
  const node = nodeAt(document, at);
  // The line of the key: a group's own range begins a line further down.
  if (node && typeof last === 'string') return keyOffset(document, at.slice(0, -1), last);
  return nearestNode(document, at)?.range?.[0] ?? 0;
}

function keyOffset(document: Document, at: Path, key: string): number {
  const map = at.length === 0 ? document.contents : nodeAt(document, at);
  const pair = isMap(map)
    ? map.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
    : undefined;
  const written = pair && isScalar(pair.key) ? pair.key.range?.[0] : undefined;
  return written ?? nearestNode(document, at)?.range?.[0] ?? 0;
}

function valueAt(value: unknown, at: Path): unknown {
  return at.reduce<unknown>(
    (inner, part) =>
      typeof inner === 'object' && inner !== null
        ? (inner as Record<PropertyKey, unknown>)[part]
        : undefined,
    value,
  );
}

/** The second and later targets of one name. */
function duplicates(written: unknown): [index: number, name: string][] {
  const targets = valueAt(written, ['targets']);
  if (!Array.isArray(targets)) return [];
  const seen = new Set<string>();
  return targets.flatMap((target: unknown, index): [number, string][] => {
    const name = valueAt(target, ['name']);
    if (typeof name !== 'string' || name === '') return [];
    if (seen.has(name)) return [[index, name]];
    seen.add(name);
    return [];
  });
}

function invalid(file: string, problems: Problem[], cause?: unknown): BackstepError {
  const lines = problems
    .toSorted((a, b) => a.line - b.line)
    .map((problem) => `${file}:${problem.line}: ${problem.message}`);
  return new BackstepError('config_invalid', lines.join('\n'), { cause });
}
