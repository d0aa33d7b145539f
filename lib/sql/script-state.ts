import type { Node } from 'libpg-query';
import type { HazardContext } from './hazards/context';
import type { TouchedObject } from './touched';

type ColumnTypeSource = (relation: string, column: string) => string | undefined;

/** What a script has done so far, as far as it matters to the statements after it. */
export class ScriptState implements HazardContext {
  zoneIsSet = false;
  private readonly own = new Set<string>();
  private readonly types = new Map<string, Map<string, string | undefined>>();

  /**
   * @param before the column types that the script finds, where something knows them
   * @param temporary the relations that the script has made for its own session
   */
  constructor(
    private readonly before: ColumnTypeSource | undefined,
    private readonly temporary: ReadonlySet<string>,
  ) {}

  columnType(relation: string, column: string): string | undefined {
    const columns = this.types.get(relation);
    if (columns?.has(column)) return columns.get(column);
    return this.own.has(relation) ? undefined : this.before?.(relation, column);
  }

  isOwn(relation: string): boolean {
    return this.own.has(relation) || this.temporary.has(relation);
  }

  /** Takes in a statement that was looked at. */
  follow(node: Node, touched: readonly TouchedObject[]): void {
    for (const object of touched) {
      if (object.sort === 'relation' && object.effect === 'creates') this.own.add(object.name);
      if (object.sort === 'relation' && object.effect === 'drops') this.own.delete(object.name);
      if (object.sort === 'column' && object.effect !== 'names') this.followColumn(object);
    }
    if ('VariableSetStmt' in node && node.VariableSetStmt.name?.toLowerCase() === 'timezone') {
      this.zoneIsSet = node.VariableSetStmt.kind === 'VAR_SET_VALUE';
    }
  }

  private followColumn({ on, part, effect, type }: TouchedObject): void {
    if (on === undefined || part === undefined) return;
    if (effect === 'alters' && type === undefined) return;
    const columns = this.types.get(on) ?? new Map<string, string | undefined>();
    this.types.set(on, columns);
    if (effect !== 'writes_rows') columns.set(part, type);
  }
}
