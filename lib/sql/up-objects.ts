import { keyOf, type TouchedObject } from './touched';

/** What a migration says by name, for looking things up. */
export class UpObjects {
  /** What the migration leaves behind, of what it made or dropped. */
  readonly final = new Map<string, 'there' | 'gone'>();
  readonly names: string[];
  private readonly known = new Map<string, TouchedObject[]>();
  private readonly wholeRelations = new Set<string>();
  private readonly columns = new Set<string>();
  private readonly withParts = new Set<string>();
  private readonly cascades: boolean;

  constructor(touched: readonly TouchedObject[]) {
    for (const object of touched) {
      const key = keyOf(object);
      const mentions = this.known.get(key);
      if (mentions) mentions.push(object);
      else this.known.set(key, [object]);
      if (object.effect === 'creates') this.final.set(key, 'there');
      if (object.effect === 'drops') this.final.set(key, 'gone');
      if (object.on !== undefined && object.effect !== 'names') this.withParts.add(object.on);
      if (object.sort === 'column') this.columns.add(object.name);
      const whole = object.effect === 'creates' || object.effect === 'drops';
      if (object.sort === 'relation' && whole) this.wholeRelations.add(object.name);
    }
    this.cascades = touched.some((object) => object.cascades);
    const changed = touched.filter((object) => object.effect !== 'names');
    this.names = [...new Set((changed.length > 0 ? changed : touched).map(({ name }) => name))];
  }

  /** A migration that names nothing, because it is empty or only selects. */
  get isEmpty(): boolean {
    return this.known.size === 0;
  }

  knows(object: TouchedObject): boolean {
    return this.known.has(keyOf(object));
  }

  /** Named, or part of a relation that the migration did something to. */
  isNear(object: TouchedObject): boolean {
    const { on } = object;
    if (this.knows(object)) return true;
    return on !== undefined && (this.wholeRelations.has(on) || this.withParts.has(on));
  }

  /** Not named itself, but part of what the migration made, dropped or changed. */
  covers(object: TouchedObject): boolean {
    const { on, sort, columns = [], effect, name } = object;
    if (on !== undefined && this.wholeRelations.has(on)) return true;
    // CASCADE takes along what nobody names; a script that brings it back has to name it.
    if (effect === 'creates' && this.cascades) return true;
    // An index or constraint goes with its column, and comes back with it.
    if (effect === 'creates' && columns.some((column) => this.columns.has(column))) return true;
    // Rows of a table whose columns the migration changed.
    if (effect === 'writes_rows') return this.knowsRelation(sort === 'column' ? on : name);
    return sort === 'relation' && effect === 'alters' && this.withParts.has(name);
  }

  /** Named, but never made or dropped by the migration. */
  onlyChanged(object: TouchedObject): boolean {
    const mentions = this.known.get(keyOf(object)) ?? [];
    return mentions.every(({ effect }) => effect !== 'creates' && effect !== 'drops');
  }

  private knowsRelation(relation: string | undefined): boolean {
    return (
      relation !== undefined &&
      (this.known.has(`relation ${relation}`) || this.withParts.has(relation))
    );
  }
}
