import type { RangeVar } from 'libpg-query';
import type { RelationNames, ResolvedName } from '../relation-names';
import type { Effect, Mention, ObjectSort } from './touched-object';

/** Writes mentions with names as PostgreSQL prints them. */
export class Mentions {
  constructor(readonly names: RelationNames) {}

  relation(name: ResolvedName, effect: Effect, more: Partial<Mention> = {}): Mention {
    return { sort: 'relation', name: name.qualified, effect, ...more };
  }

  range(range: RangeVar | undefined, effect: Effect, more: Partial<Mention> = {}): Mention[] {
    return range ? [this.relation(this.names.ofRange(range), effect, more)] : [];
  }

  /** A column, constraint, trigger, policy or rule. */
  part(
    sort: ObjectSort,
    on: ResolvedName,
    name: string,
    effect: Effect,
    more: Partial<Mention> = {},
  ): Mention {
    return {
      sort,
      name: `${on.qualified}.${this.names.quote(name)}`,
      on: on.qualified,
      part: name,
      effect,
      ...more,
    };
  }

  /** Something that lives in a schema: a type, a routine. */
  inSchema(
    sort: ObjectSort,
    parts: readonly string[],
    effect: Effect,
    more: Partial<Mention> = {},
  ): Mention {
    return { sort, name: this.names.ofParts(parts).qualified, effect, ...more };
  }

  /** Something that lives outside of schemas: a role, an extension, a schema itself. */
  global(sort: ObjectSort, name: string, effect: Effect, more: Partial<Mention> = {}): Mention {
    return { sort, name: this.names.quote(name), effect, ...more };
  }

  /** An index lives in the schema of its table. */
  indexOf(on: ResolvedName, name: string, effect: Effect, more: Partial<Mention> = {}): Mention {
    const resolved = this.names.ofParts([on.schema, name]);
    return this.relation(resolved, effect, { on: on.qualified, ...more });
  }

  columns(on: ResolvedName, names: readonly string[], effect: Effect): Mention[] {
    return names.map((name) => this.part('column', on, name, effect));
  }
}
