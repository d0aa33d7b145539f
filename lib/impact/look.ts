import type { Amount, LiveFinding, LiveImpact } from '@/lib/core/evidence';
import type { TargetConfig } from '@/lib/core/policy';
import { RelationNames } from '@/lib/sql/relation-names';
import { riskOf } from './askable-expression';
import { refusalWords, whyNotRead } from './countable';
import { type Followed, followPlan, type StepChanges } from './follow-plan';
import { lineOf, linesWithoutLook } from './ledger-lines';
import { type LiveColumn, type LiveRelation, readRelations, seeHolders } from './live-relations';
import type { LiveSession } from './live-session';
import { LossLedger } from './loss-ledger';
import { counted, type Measured, measure, unknown } from './measure-tables';
import { namesInPlan } from './names-in-plan';
import type { Loss, Probe, ScriptSql } from './questions';
import { quoted } from './quoted-name';
import type { ReadPlan } from './read-steps';
import { SchemaSoFar } from './schema-so-far';
import { runSearchPath } from './search-path';
import { emptiedAlong, type Taken, takenAlong } from './take-along';

type Asked = { counts: Record<string, number> } | { whyNot: string };

/**
 * One look at the live target. What was found before the time ran out or the connection broke is kept; the
 * rest is said to be unknown.
 */
export class Look {
  private readonly names: RelationNames;
  private followed: Followed | undefined;
  private losses: Loss[] = [];
  private readonly findings: LiveFinding[] = [];
  private readonly measured = new Map<number, Measured>();
  private readonly counts = new Map<Loss, Amount>();
  private readonly problems = new Set<string>();

  constructor(
    private readonly target: TargetConfig,
    private readonly plan: ReadPlan,
    private readonly steps: readonly StepChanges[],
  ) {
    this.names = new RelationNames(plan.parser);
    for (const { position, index } of plan.unread) {
      this.findings.push({
        position,
        statement: index,
        code: 'not_looked',
        severity: 'warn',
        message: 'The statement could not be read again, so nothing was looked at for it.',
      });
    }
  }

  /** Something stopped the look; what was found stays. */
  fail(problem: string): void {
    this.problems.add(problem);
  }

  /**
   * The catalog first, as the rest depends on it; then what is lost, then what would be refused, then how
   * large the other tables are.
   * @throws Error when the connection breaks
   */
  async run(session: LiveSession): Promise<void> {
    const live = await this.relations(session);
    if (!live) return;
    const schema = new SchemaSoFar(live, await runSearchPath(session, this.target));
    this.followed = followPlan(this.plan, this.steps, schema, this.target.tracking);
    this.findings.push(...this.followed.findings);
    this.losses = this.followed.losses;
    await this.alongWith(session, this.followed, live);
    await this.measureLosses(session);
    await this.countLosses(session);
    for (const probe of this.followed.probes) this.findings.push(await this.probe(session, probe));
    for (const relation of this.followed.named.values()) await this.measure(session, relation, []);
    if (session.isOver()) this.problems.add('The time ran out before everything was looked at.');
  }

  result(): Pick<LiveImpact, 'relations' | 'losses' | 'findings'> & { problems: string[] } {
    const relations: LiveImpact['relations'] = {};
    for (const [name, { oid, bytes }] of this.followed?.named ?? []) {
      const rows = this.measured.get(oid)?.rows ?? unknown('not looked at');
      relations[name] = { rows, bytes };
    }
    const quote = (name: string) => this.names.quote(name);
    if (!this.followed) {
      return {
        relations,
        losses: linesWithoutLook(this.steps),
        findings: this.findings,
        problems: [...this.problems],
      };
    }
    return {
      relations,
      losses: this.losses
        .map((loss) =>
          lineOf(loss, this.measured.get(loss.relation.oid), this.counts.get(loss), quote),
        )
        .sort((a, b) => a.position - b.position),
      findings: this.findings.sort((a, b) => a.position - b.position || a.statement - b.statement),
      problems: [...this.problems],
    };
  }

  private async relations(session: LiveSession): Promise<LiveRelation[] | undefined> {
    const names = namesInPlan(this.plan.statements, this.steps);
    const live = await readRelations(session, { names });
    if (!live) this.fail('The catalog of the live target could not be read in time.');
    return live;
  }

  /** CASCADE may take tables that only the live database has: their rows are lost as well. */
  private async alongWith(
    session: LiveSession,
    followed: Followed,
    live: LiveRelation[],
  ): Promise<void> {
    const taken: Taken[] = [];
    const before = new Set<string>();
    for (const root of followed.cascades) {
      const along = await takenAlong(session, root, before);
      this.findings.push(along.finding);
      taken.push(...along.taken);
    }
    const emptied: Taken[] = [];
    for (const truncate of followed.truncates) {
      const along = await emptiedAlong(session, truncate);
      this.findings.push(along.finding);
      emptied.push(...along.taken);
    }
    if (taken.length + emptied.length === 0) return;
    const oids = [...new Set([...taken, ...emptied].map(({ oid }) => oid))];
    const known = new Map(live.map((relation) => [relation.oid, relation]));
    const missing = oids.filter((oid) => !known.has(oid));
    if (missing.length > 0) {
      const found = await readRelations(session, { oids: missing });
      if (!found) this.fail('The tables that CASCADE takes along could not be read in time.');
      for (const relation of found ?? []) known.set(relation.oid, relation);
    }
    this.addTaken(taken, emptied, known);
  }

  private addTaken(taken: Taken[], emptied: Taken[], known: Map<number, LiveRelation>): void {
    const ledger = new LossLedger();
    for (const loss of this.losses) {
      if (loss.kind === 'table' || loss.kind === 'materialized_view' || loss.kind === 'sequence') {
        ledger.addRelation(loss.position, loss.relation);
      } else ledger.add(loss);
    }
    for (const { position, oid, column: number } of taken) {
      const relation = known.get(oid);
      if (!relation) continue;
      if (number === 0) ledger.addRelation(position, relation);
      else {
        const column = [...relation.columns.values()].find((one) => one.number === number);
        if (column && ['r', 'p'].includes(relation.kind))
          ledger.add({ kind: 'column', position, relation, column });
      }
    }
    for (const { position, oid } of emptied) {
      const relation = known.get(oid);
      if (relation)
        ledger.add({
          kind: 'rows',
          position,
          relation,
          verb: 'TRUNCATE',
          rows: 'all',
          whyNot: undefined,
        });
    }
    this.losses = ledger.losses();
  }

  /** One pass a table, with all of its lost columns in it. */
  private async measureLosses(session: LiveSession): Promise<void> {
    const columns = new Map<LiveRelation, Set<LiveColumn>>();
    for (const loss of this.losses) {
      if (loss.relation.kind === 'S') continue;
      const wanted = columns.get(loss.relation) ?? new Set();
      if ('column' in loss) wanted.add(loss.column);
      columns.set(loss.relation, wanted);
    }
    for (const [relation, wanted] of columns) await this.measure(session, relation, [...wanted]);
  }

  private async measure(
    session: LiveSession,
    relation: LiveRelation,
    columns: LiveColumn[],
  ): Promise<void> {
    if (this.measured.has(relation.oid)) return;
    const found = await measure(session, this.plan.parser, relation, columns, this.problems);
    this.measured.set(relation.oid, found);
  }

  private async countLosses(session: LiveSession): Promise<void> {
    for (const loss of this.losses) {
      if (loss.kind === 'sequence') this.counts.set(loss, await lastValue(session, loss.relation));
      else if (loss.kind === 'narrowed_column')
        this.counts.set(loss, await this.count(session, loss.differs, loss.whyNot));
      else if (loss.kind === 'rows' && loss.rows !== 'all')
        this.counts.set(loss, await this.countRows(session, loss));
    }
  }

  private async count(
    session: LiveSession,
    sql: ScriptSql | undefined,
    whyNot = 'it can’t be asked',
  ): Promise<Amount> {
    const asked = sql ? await this.askScript(session, sql) : { whyNot };
    return 'counts' in asked ? counted(asked.counts.n ?? 0) : unknown(asked.whyNot);
  }

  /** Where nobody can say which rows, all rows of the table are what is at stake. */
  private async countRows(
    session: LiveSession,
    loss: Extract<Loss, { kind: 'rows' }>,
  ): Promise<Amount> {
    const sql = loss.rows === 'all' ? undefined : loss.rows;
    const exact = await this.count(session, sql, loss.whyNot);
    if (exact.value !== null) return exact;
    const all = this.measured.get(loss.relation.oid)?.rows;
    return { value: all?.value ?? null, estimate: true, source: `at most, as ${exact.source}` };
  }

  private async probe(session: LiveSession, probe: Probe): Promise<LiveFinding> {
    const { position, statement } = probe.place;
    const say = (
      code: LiveFinding['code'],
      severity: LiveFinding['severity'],
      message: string,
    ) => ({
      position,
      statement,
      code,
      severity,
      message,
    });
    const asked = await this.askScript(session, probe.question);
    if ('whyNot' in asked) {
      const { qualified } = probe.relation;
      return say(
        'not_looked',
        'warn',
        `Whether present rows of ${qualified} would be refused is not known: ${asked.whyNot}.`,
      );
    }
    const { n = 0 } = asked.counts;
    const remark = probe.remark ? ` ${probe.remark}` : '';
    if (n > 0)
      return say(
        'violates',
        probe.remark ? 'warn' : 'danger',
        `${probe.violated(asked.counts)}${remark}`,
      );
    return say('no_violation', 'info', `${probe.kept}${remark}`);
  }

  private async askScript(session: LiveSession, sql: ScriptSql): Promise<Asked> {
    for (const relation of sql.reads) {
      const obstacle = whyNotRead(relation);
      if (obstacle && obstacle.short !== 'too large') this.problems.add(obstacle.sentence);
      if (obstacle) return { whyNot: withoutEnd(obstacle.sentence) };
    }
    const risk = sql.uses.length > 0 ? await riskOf(session, sql.uses) : undefined;
    if (risk !== undefined) return { whyNot: risk };
    const found = await session.askScript<Record<string, number>>(sql.sql, sql.searchPath, quoted);
    if (found.ok) return { counts: found.rows[0] ?? {} };
    if (found.why === 'locked') await seeHolders(session, sql.reads);
    const held = sql.reads.map(whyNotRead).find((obstacle) => obstacle?.short === 'locked');
    if (held) this.problems.add(held.sentence);
    return { whyNot: held ? withoutEnd(held.sentence) : refusalWords(found) };
  }
}

const withoutEnd = (sentence: string): string => sentence.replace(/\.$/, '');

/** A sequence has no rows; what is lost is how far it has counted. */
async function lastValue(session: LiveSession, { schema, name }: LiveRelation): Promise<Amount> {
  const table = `${quoted(schema)}.${quoted(name)}`;
  const found = await session.ask<{ last: string }>(
    `SELECT last_value::text AS last FROM ${table}`,
  );
  const [row] = found.ok ? found.rows : [];
  return unknown(
    row ? `a sequence has no rows; its last value is ${row.last}` : 'a sequence has no rows',
  );
}
