import type { AlterTableCmd, AlterTableStmt, DropStmt, Node, RenameStmt } from 'libpg-query';
import type { SchemaChange } from '@/lib/core/catalog';
import type { LiveFinding } from '@/lib/core/evidence';
import { RelationNames } from '@/lib/sql/relation-names';
import { kindOf, rangesOf, stringsOf } from '@/lib/sql/syntax-tree';
import { dropRoots, partRoot, type Rooted } from './cascade-roots';
import { type Asked, probeCommand, probeIndex, type StatementContext } from './constraint-probes';
import { StatementText } from './expression-text';
import { type LiveRelation, WITH_ROWS } from './live-relations';
import { LossLedger } from './loss-ledger';
import type { CascadeRoot, Loss, Probe, TruncateCascade } from './questions';
import { partsOf } from './quoted-name';
import type { ReadPlan, ReadStatement } from './read-steps';
import { Removals } from './removals';
import { changedTables, rowLosses, uncertainRowLosses } from './row-losses';
import type { SchemaSoFar, Standing } from './schema-so-far';
import { probeType, TypeChanges } from './type-changes';

/** What the plan takes away, and what is to be asked about its statements. */
export interface Followed {
  losses: Loss[];
  probes: Probe[];
  cascades: CascadeRoot[];
  truncates: TruncateCascade[];
  findings: LiveFinding[];
  /** By the name that a hazard or change has for it. */
  named: Map<string, LiveRelation>;
}

export interface StepChanges {
  position: number;
  changes: SchemaChange[];
}

/**
 * Goes through the plan in run order, statement by statement, as far as the syntax trees tell; at the end
 * of each step, what the rehearsal saw settles what they don't.
 */
export function followPlan(
  plan: ReadPlan,
  steps: readonly StepChanges[],
  schema: SchemaSoFar,
  tracking: { schema: string; table: string },
): Followed {
  const follower = new PlanFollower(plan, schema, tracking);
  for (const { position, changes } of steps) {
    follower.startStep(changes);
    for (const statement of plan.statements) {
      if (statement.position === position) follower.statement(statement);
    }
    follower.endStep(position, changes);
  }
  return follower.followed();
}

class PlanFollower {
  private readonly ledger = new LossLedger();
  private readonly probes: Probe[] = [];
  private readonly cascades: CascadeRoot[] = [];
  private readonly truncates: TruncateCascade[] = [];
  private readonly findings: LiveFinding[] = [];
  private readonly named = new Map<string, LiveRelation>();
  private readonly removals: Removals;
  private names: RelationNames;
  private types = new TypeChanges();
  private readonly postponed = new Map<string, Asked[]>();
  private removed = new Set<string>();
  private added = new Set<string>();

  constructor(
    private readonly plan: ReadPlan,
    private readonly schema: SchemaSoFar,
    private readonly tracking: { schema: string; table: string },
  ) {
    this.names = new RelationNames(plan.parser);
    this.removals = new Removals(schema, this.ledger);
  }

  followed(): Followed {
    const { probes, cascades, truncates, findings, named } = this;
    return { losses: this.ledger.losses(), probes, cascades, truncates, findings, named };
  }

  startStep(changes: readonly SchemaChange[]): void {
    this.names = new RelationNames(this.plan.parser);
    this.types = new TypeChanges();
    const keys = (wanted: string) =>
      new Set(
        changes.flatMap(({ change, kind, name }) => (change === wanted ? [`${kind} ${name}`] : [])),
      );
    this.removed = keys('removed');
    this.added = keys('added');
    for (const { kind, name, parent } of changes) {
      const relation =
        parent ?? (kind === 'table' || kind === 'materialized_view' ? name : undefined);
      if (relation !== undefined) this.nameRelation(relation);
    }
  }

  statement(statement: ReadStatement): void {
    const { position, index, line, node, hazards, nested } = statement;
    for (const { relation } of hazards) {
      if (relation !== undefined) this.nameRelation(relation);
    }
    const context: StatementContext = {
      place: { position, statement: index, line },
      schema: this.schema,
      names: this.names,
      text: new StatementText(this.plan.parser, statement.text),
    };
    this.top(context, node);
    for (const inner of nested) this.inside(context, inner);
    this.names.follow(node);
  }

  private top(context: StatementContext, node: Node): void {
    if ('DropStmt' in node) this.drop(context, node.DropStmt);
    else if ('AlterTableStmt' in node) this.alter(context, node.AlterTableStmt);
    else if ('RenameStmt' in node) this.rename(node.RenameStmt);
    else if ('AlterObjectSchemaStmt' in node && node.AlterObjectSchemaStmt.relation) {
      const { relation, newschema } = node.AlterObjectSchemaStmt;
      const standing = this.schema.find(this.names.ofRange(relation));
      if (standing) this.schema.rename(standing, { schema: newschema });
    } else if ('IndexStmt' in node) this.take(context, probeIndex(context, node.IndexStmt));
    else this.create(node);
    if ('TruncateStmt' in node && node.TruncateStmt.behavior === 'DROP_CASCADE') {
      const relations = rangesOf(node.TruncateStmt.relations).flatMap((range) => {
        const live = this.schema.find(this.names.ofRange(range))?.live;
        return live ? [live] : [];
      });
      if (relations.length > 0) this.truncates.push({ place: context.place, relations });
    }
    this.rows(context, node, rowLosses(context, node), 'a MERGE chooses row by row');
  }

  /** What runs in a DO block or WITH query, if it does: taken as done where the rehearsal saw it done. */
  private inside(context: StatementContext, node: Node): void {
    if ('RenameStmt' in node && this.wasSeen(node.RenameStmt)) this.rename(node.RenameStmt);
    this.rows(context, node, [], 'the statement runs inside another one');
    const asks =
      'AlterTableStmt' in node
        ? (node.AlterTableStmt.cmds ?? []).some(
            (one) => 'AlterTableCmd' in one && constrains(one.AlterTableCmd),
          )
        : 'IndexStmt' in node && node.IndexStmt.unique === true;
    if (asks)
      this.find(
        context,
        'not_looked',
        'warn',
        'A constraint is added inside a DO block, if at all. Whether present rows break it was not looked at.',
      );
  }

  private rows(
    { place }: StatementContext,
    node: Node,
    losses: ReturnType<typeof rowLosses>,
    otherwise: string,
  ): void {
    const tables = changedTables(node, this.names, this.schema);
    const uncertain =
      losses.length > 0 ? [] : uncertainRowLosses(kindOf(node), tables, place.position, otherwise);
    for (const loss of [...losses, ...uncertain]) {
      const { schema, name } = loss.relation;
      // The script's own DELETE on the tracking table is the step's own work.
      if (schema === this.tracking.schema && name === this.tracking.table) continue;
      if (WITH_ROWS.has(loss.relation.kind)) this.ledger.add(loss);
    }
    for (const table of tables)
      table.rowsChangedAt ??= { position: place.position, line: place.line };
  }

  private drop(context: StatementContext, drop: DropStmt): void {
    if (drop.behavior === 'DROP_CASCADE') this.cascade(context, dropRoots(context, drop));
    for (const object of drop.objects ?? []) {
      const parts = 'List' in object ? stringsOf(object.List.items) : [];
      if (parts.length === 0) continue;
      const name = this.names.ofParts(parts);
      const type = FORGOTTEN[drop.removeType ?? ''];
      if (type === undefined) continue;
      const standing = this.schema.find(name);
      this.schema.forget(type, standing?.live?.qualified ?? name.qualified);
      if (standing) this.removals.relation(context.place.position, standing);
    }
  }

  private alter(context: StatementContext, { relation, cmds, objtype }: AlterTableStmt): void {
    if (!relation || objtype === 'OBJECT_TYPE') return;
    const name = this.names.ofRange(relation);
    const standing = this.schema.find(name);
    const commands = (cmds ?? []).flatMap((node) =>
      'AlterTableCmd' in node ? [node.AlterTableCmd] : [],
    );
    if (!standing) {
      if (commands.some(constrains))
        this.find(context, 'not_looked', 'info', `${name.qualified} is not on the live target.`);
      return;
    }
    for (const command of commands) this.command(context, standing, command, name.qualified);
    const { position, line } = context.place;
    if (commands.some(({ subtype }) => subtype === 'AT_AlterColumnType'))
      standing.rowsChangedAt ??= { position, line };
  }

  private command(
    context: StatementContext,
    standing: Standing,
    command: AlterTableCmd,
    qualified: string,
  ): void {
    const { subtype, name: part = '', behavior, def } = command;
    const cascades = behavior === 'DROP_CASCADE';
    switch (subtype) {
      case 'AT_DropColumn':
        if (cascades) this.cascade(context, [partRoot(standing, 'column', part, qualified)]);
        this.removals.column(context.place.position, standing, part, this.names);
        return;
      case 'AT_DropConstraint': {
        if (cascades) this.cascade(context, [partRoot(standing, 'constraint', part, qualified)]);
        const on = standing.live?.qualified ?? qualified;
        this.schema.forget('table constraint', `${this.names.quote(part)} on ${on}`);
        return;
      }
      case 'AT_AlterColumnType':
        this.take(context, probeType(context, standing, command));
        this.types.note(context, standing, command);
        return;
      case 'AT_ValidateConstraint':
        this.validate(context, standing, part);
        return;
      default:
        this.take(context, probeCommand(context, standing, command));
        if (subtype === 'AT_AddConstraint') this.postpone(context, standing, command);
    }
    if (subtype !== 'AT_AddColumn' || !def || !('ColumnDef' in def)) return;
    const column = def.ColumnDef.colname ?? '';
    if (!standing.columns.has(column)) standing.columns.set(column, undefined);
  }

  /** A constraint that is NOT VALID asks nothing of present rows until it is validated. */
  private postpone(context: StatementContext, standing: Standing, command: AlterTableCmd): void {
    const { def } = command;
    const constraint = def && 'Constraint' in def ? def.Constraint : undefined;
    if (!constraint?.skip_validation || constraint.conname === undefined) return;
    const validated = { ...constraint, skip_validation: false };
    const asked = probeCommand(context, standing, { ...command, def: { Constraint: validated } });
    this.postponed.set(`${standing.schema}.${standing.name} ${constraint.conname}`, asked);
  }

  private validate(context: StatementContext, standing: Standing, name: string): void {
    const asked = this.postponed.get(`${standing.schema}.${standing.name} ${name}`) ?? [
      {
        notLooked: `The constraint ${name} is on the live target already. Whether present rows break it was not looked at.`,
        later: false,
      },
    ];
    const { place } = context;
    this.take(
      context,
      asked.map((one) => ('probe' in one ? { probe: { ...one.probe, place } } : one)),
    );
  }

  private rename({ relation, renameType, subname, newname }: RenameStmt): void {
    if (!relation || newname === undefined) return;
    const standing = this.schema.find(this.names.ofRange(relation));
    if (!standing) return;
    if (renameType === 'OBJECT_COLUMN') {
      if (subname === undefined || !standing.columns.has(subname)) return;
      const column = standing.columns.get(subname);
      standing.columns.delete(subname);
      standing.columns.set(newname, column);
    } else if (RENAMED.has(renameType ?? '')) this.schema.rename(standing, { name: newname });
  }

  private wasSeen({ relation, renameType, subname, newname = '' }: RenameStmt): boolean {
    if (!relation) return false;
    const { quote } = this.names;
    const name = this.names.ofRange(relation);
    const bound = quote.bind(this.names);
    if (renameType === 'OBJECT_COLUMN') {
      const before = `column ${name.qualified}.${bound(subname ?? '')}`;
      return (
        this.removed.has(before) && this.added.has(`column ${name.qualified}.${bound(newname)}`)
      );
    }
    const after = `${bound(name.schema)}.${bound(newname)}`;
    return this.removed.has(`table ${name.qualified}`) && this.added.has(`table ${after}`);
  }

  private create(node: Node): void {
    let range: Parameters<RelationNames['ofRange']>[0] | undefined;
    if ('CreateStmt' in node) range = node.CreateStmt.relation;
    if ('CreateTableAsStmt' in node) range = node.CreateTableAsStmt.into?.rel;
    if ('ViewStmt' in node) range = node.ViewStmt.view;
    if ('CreateSeqStmt' in node) range = node.CreateSeqStmt.sequence;
    if (!range) return;
    const name = this.names.ofRange(range);
    const [first = name.schema] = this.schema.schemasOf(name);
    this.schema.create(first, name.name);
  }

  endStep(position: number, changes: readonly SchemaChange[]): void {
    for (const loss of this.types.losses(position, changes, this.schema)) this.ledger.add(loss);
    this.removals.settle(position, changes, this.names);
  }

  private nameRelation(name: string): void {
    const [schema = '', relation = ''] = partsOf(name);
    const standing =
      this.schema.exact(schema, relation) ??
      // A hazard knows the script alone, so what it calls `public` may be elsewhere on the path.
      (schema === 'public'
        ? this.schema.find({
            schema,
            name: relation,
            qualified: name,
            short: name,
            explicit: false,
          })
        : undefined);
    const live = standing?.live;
    if (live && WITH_ROWS.has(live.kind)) this.named.set(name, live).set(live.qualified, live);
  }

  private take(context: StatementContext, asked: readonly Asked[]): void {
    for (const one of asked) {
      if ('probe' in one) this.probes.push(one.probe);
      else this.find(context, 'not_looked', one.later ? 'info' : 'warn', one.notLooked);
    }
  }

  private cascade(context: StatementContext, roots: readonly Rooted[]): void {
    const gone = this.schema.goneSoFar();
    for (const rooted of roots) {
      if ('root' in rooted) this.cascades.push({ place: context.place, gone, ...rooted.root });
      else this.find(context, 'not_looked', rooted.later ? 'info' : 'warn', rooted.notLooked);
    }
  }

  private find(
    { place }: StatementContext,
    code: LiveFinding['code'],
    severity: LiveFinding['severity'],
    message: string,
  ): void {
    const { position, statement } = place;
    this.findings.push({ position, statement, code, severity, message });
  }
}

const RENAMED = new Set(['OBJECT_TABLE', 'OBJECT_MATVIEW', 'OBJECT_VIEW', 'OBJECT_SEQUENCE']);

/** What `pg_identify_object` calls them. */
const FORGOTTEN: Record<string, string> = {
  OBJECT_TABLE: 'table',
  OBJECT_VIEW: 'view',
  OBJECT_MATVIEW: 'materialized view',
  OBJECT_SEQUENCE: 'sequence',
  OBJECT_FOREIGN_TABLE: 'foreign table',
};
const CONSTRAINING: ReadonlySet<string> = new Set(['AT_AddConstraint', 'AT_SetNotNull']);

const constrains = ({ subtype }: AlterTableCmd): boolean => CONSTRAINING.has(subtype ?? '');
