import type { Hazard, ParsedScript } from '@/lib/core/statement';
import { executedNodes } from './executed-nodes';
import type { ParsedUp } from './parse-up';
import { loadParser, ParserOverflow } from './postgres-parser';
import { RelationNames } from './relation-names';
import { type Effect, keyOf, type TouchedObject } from './touched';
import { ScriptMentions } from './touched/script-mentions';
import { UpObjects } from './up-objects';

type ReadableScript = Pick<Extract<ParsedScript, { ok: true }>, 'statements'>;

/**
 * Holds a rollback script against its migration, by names alone: statements that will find nothing to do,
 * and statements that reach for what the migration never touched. Each hazard has its line. Where the
 * migration puts SQL together at run time, nobody knows what it touched, and nothing is said.
 *
 * @param tracking drizzle's tracking table, which a script may delete from
 */
export async function compareWithUp(
  up: Pick<ParsedUp, 'chunks' | 'touched' | 'opaque'>,
  down: ReadableScript,
  tracking?: { schema: string; table: string },
): Promise<Hazard[]> {
  const runs = up.chunks.some((chunk) => (chunk.statements ?? []).length > 0);
  // A migration that only calls functions may touch anything.
  if (up.opaque || (runs && up.touched.length === 0)) return [];
  const said = await readScript(down, tracking);
  if (said === undefined) return [];
  const objects = new UpObjects(up.touched);
  const nothing = namesNothing(objects, said);
  if (nothing) return [nothing];
  const state = new Map(objects.final);
  const lastMade = lastOf(said, 'creates');
  const lastDropped = lastOf(said, 'drops');
  const own = new Set<string>();
  return said.flatMap((object, at) => {
    const key = keyOf(object);
    const found = judge(object, {
      objects,
      before: state.get(key),
      madeAnew: (lastMade.get(key) ?? -1) > at,
      isOwn: own.has(key) || own.has(`relation ${object.on}`),
      dropsItAgain: (lastDropped.get(key) ?? -1) > at,
    });
    if (object.effect === 'creates') {
      state.set(key, 'there');
      if (!objects.knows(object)) own.add(key);
    }
    if (object.effect === 'drops') state.set(key, 'gone');
    return found ? [found] : [];
  });
}

function lastOf(said: readonly TouchedObject[], effect: Effect): Map<string, number> {
  const last = new Map<string, number>();
  said.forEach((object, at) => {
    if (object.effect === effect) last.set(keyOf(object), at);
  });
  return last;
}

async function readScript(
  down: ReadableScript,
  tracking: { schema: string; table: string } | undefined,
): Promise<TouchedObject[] | undefined> {
  const parser = await loadParser();
  const names = new RelationNames(parser);
  const mentions = new ScriptMentions(names);
  // A bare name may mean the tracking table as well; the run checks what the script takes from it.
  const own = new Set(
    tracking
      ? [tracking.schema, 'public'].map(
          (schema) => names.ofParts([schema, tracking.table]).qualified,
        )
      : [],
  );
  const isTracking = ({ on, name }: TouchedObject) => own.has(on ?? name);
  const said: TouchedObject[] = [];
  try {
    for (const { text, line } of down.statements) {
      const outcome = parser.parse(text);
      const node = outcome.ok ? outcome.statements[0]?.node : undefined;
      if (!node) return undefined;
      const executed = [...executedNodes(parser, text, node, line)];
      const touched = mentions.of(node, executed);
      const parts = new Set(touched.flatMap(({ on }) => (on === undefined ? [] : [on])));
      for (const object of touched) {
        if (isTracking(object)) continue;
        // ALTER TABLE names its table, but what matters is the part that it alters.
        const bare = object.sort === 'relation' && object.effect === 'alters';
        if (!bare || !parts.has(object.name)) said.push(object);
      }
    }
  } catch (error) {
    if (error instanceof ParserOverflow) return undefined;
    throw error;
  }
  return said;
}

/** The script of another migration, by the look of it. */
function namesNothing(objects: UpObjects, touched: readonly TouchedObject[]): Hazard | undefined {
  const changes = touched.filter((object) => object.effect !== 'names');
  const [first] = changes;
  if (!first || objects.isEmpty || touched.some((object) => objects.isNear(object)))
    return undefined;
  const things = [...new Set(changes.map((object) => object.name))];
  return {
    code: 'no_effect_expected',
    severity: 'danger',
    label: 'Names nothing that the migration touched',
    line: first.line,
    detail: `The script is about ${listed(things)}, the migration about ${listed(objects.names)}: it looks like the script of another migration.`,
    safer: 'Look whether the right file is paired with this migration.',
  };
}

const MAX_LISTED = 3;

function listed(names: readonly string[]): string {
  const more = names.length - MAX_LISTED;
  const shown = names.slice(0, MAX_LISTED).join(', ');
  return more > 0 ? `${shown} and ${more} more` : shown;
}

interface Standing {
  objects: UpObjects;
  /** Whether it is there by then; undefined where neither file has made or dropped it. */
  before: 'there' | 'gone' | undefined;
  /** The script makes it again afterwards. */
  madeAnew: boolean;
  /** The script has made it, or the relation that it is part of, and the migration knows nothing of it. */
  isOwn: boolean;
  dropsItAgain: boolean;
}

function judge(object: TouchedObject, standing: Standing): Hazard | undefined {
  const { objects, before, madeAnew, isOwn, dropsItAgain } = standing;
  if (object.effect === 'names' || object.implicit || isOwn) return undefined;
  const known = objects.knows(object);
  const foreign = !known && !objects.covers(object);
  if (object.tolerant && object.effect === 'drops' && !madeAnew) {
    if (before === 'gone') return noEffect(object, 'is already gone by then');
    if (foreign) return noEffect(object, 'is nothing that the migration made or changed');
  }
  if (object.tolerant && object.effect === 'creates' && before === 'there') {
    return noEffect(object, 'is still there by then');
  }
  // A helper that the script makes and takes away again.
  if (foreign && object.effect === 'creates' && dropsItAgain) return undefined;
  if (foreign) return touchesOther(object);
  const drops = object.effect === 'drops' && !madeAnew;
  return known && drops && objects.onlyChanged(object) ? dropsOlder(object) : undefined;
}

const SORT_WORDS: Record<TouchedObject['sort'], string> = {
  relation: '',
  column: 'column ',
  constraint: 'constraint ',
  trigger: 'trigger ',
  policy: 'policy ',
  rule: 'rule ',
  type: 'type ',
  routine: 'function ',
  schema: 'schema ',
  role: 'role ',
  extension: 'extension ',
  other: '',
};

const shown = (object: TouchedObject) =>
  `${SORT_WORDS[object.sort]}${object.name.replace(/^public\./, '')}`;

function about(object: TouchedObject): Pick<Hazard, 'line' | 'relation'> {
  const relation = object.on ?? (object.sort === 'relation' ? object.name : undefined);
  return { line: object.line, ...(relation !== undefined && { relation }) };
}

function noEffect(object: TouchedObject, why: string): Hazard {
  const words = object.effect === 'drops' ? 'IF EXISTS' : 'IF NOT EXISTS';
  return {
    code: 'no_effect_expected',
    severity: 'warn',
    label: `Nothing to do for ${shown(object)}`,
    ...about(object),
    detail: `${shown(object)} ${why}, and ${words} lets the statement pass without doing anything.`,
    safer: 'Name what the migration made, or take the statement out.',
  };
}

function touchesOther(object: TouchedObject): Hazard {
  return {
    code: 'touches_other_object',
    severity: 'warn',
    label: `Touches ${shown(object)}, which the migration did not`,
    ...about(object),
    detail: `The migration never names ${shown(object)}; whatever the statement changes there belongs to another one.`,
    safer:
      'Undo only what this migration did, and leave the rest to the script that belongs to it.',
  };
}

function dropsOlder(object: TouchedObject): Hazard {
  return {
    code: 'touches_other_object',
    severity: 'warn',
    label: `Drops ${shown(object)}, which the migration only changed`,
    ...about(object),
    detail: `The migration found ${shown(object)} and did not make it, so that dropping it takes away more than it brought.`,
    safer: 'Set back what the migration changed on it instead of dropping it.',
  };
}
