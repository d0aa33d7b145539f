import type { Node, VariableSetStmt } from 'libpg-query';
import { DEFAULT_POLICY } from '@/lib/core/policy';
import { stringOf, stringsOf } from '../syntax-tree';
import type { Refused, Rule } from './rule';

const TIMEOUTS = new Set([
  'lock_timeout',
  'statement_timeout',
  'idle_in_transaction_session_timeout',
  'idle_session_timeout',
  'transaction_timeout',
]);

/**
 * What a script may tighten by itself. A target's policy may be stricter still: a run holds its own
 * timeouts against what the script has set.
 */
const LIMITS_MS: Partial<Record<string, number>> = {
  lock_timeout: DEFAULT_POLICY.lock_timeout_ms,
  statement_timeout: DEFAULT_POLICY.statement_timeout_ms,
};

const ROLES = new Set(['role', 'session_authorization']);

/** The session that runs the steps is the run's own: its timeouts, role and encoding are not the script's. */
export const sessionSettings: Rule = ({ node }) => {
  if (!node) return undefined;
  if ('VariableSetStmt' in node) return ofSetting(node.VariableSetStmt);
  if ('DiscardStmt' in node && node.DiscardStmt.target === 'DISCARD_ALL') {
    return wholeSession('DISCARD ALL');
  }
  if ('FuncCall' in node && stringsOf(node.FuncCall.funcname).at(-1) === 'set_config') {
    const [name, value] = node.FuncCall.args ?? [];
    const constant = stringOf(name);
    if (constant === undefined) {
      return {
        code: 'loosens_timeout',
        message:
          'set_config is refused where the setting’s name is not written out: it could change a timeout.',
      };
    }
    return byName(constant.toLowerCase(), value ? constantOf(value) : undefined);
  }
  return undefined;
};

function ofSetting(setting: VariableSetStmt): Refused | undefined {
  if (setting.kind === 'VAR_RESET_ALL') return wholeSession('RESET ALL');
  const [value] = setting.args ?? [];
  return byName((setting.name ?? '').toLowerCase(), constantOf(value));
}

function byName(name: string, value: string | undefined): Refused | undefined {
  if (TIMEOUTS.has(name)) {
    const limit = LIMITS_MS[name];
    if (limit !== undefined && isTighter(value, limit)) return undefined;
    return {
      code: 'loosens_timeout',
      message:
        limit === undefined
          ? `Changing ${name} is refused: the run sets it. Take this out of the script.`
          : `Changing ${name} to ${value ?? 'its default'} is refused: a script may only tighten it, to at most ${limit} ms. Take this out of the script.`,
    };
  }
  if (ROLES.has(name)) {
    const word = name === 'role' ? 'SET ROLE' : 'SET SESSION AUTHORIZATION';
    return {
      code: 'changes_role',
      message: `${word} is refused: the whole run uses the target’s own role. Take this out of the script.`,
    };
  }
  if (name === 'application_name') {
    return {
      code: 'forbidden_statement',
      message:
        'Changing application_name is refused: by this name the run finds its own session again when a connection is lost. Take this out of the script.',
    };
  }
  // The script was cut into statements under the settings below; others would give another cut.
  if (name === 'client_encoding' || name === 'names') {
    const plain = (value ?? '').toLowerCase().replaceAll(/[^a-z0-9]/g, '');
    if (plain === 'utf8' || plain === 'unicode') return undefined;
    return {
      code: 'forbidden_statement',
      message: 'Changing client_encoding is refused: the script is sent as UTF-8.',
    };
  }
  if (name === 'standard_conforming_strings' && !/^(on|true|yes|1|t|y)$/i.test(value ?? 'on')) {
    return {
      code: 'forbidden_statement',
      message:
        'Turning standard_conforming_strings off is refused: quoted strings would be read another way than here.',
    };
  }
  return undefined;
}

/** A string or number that is written out. */
function constantOf(node: Node | undefined): string | undefined {
  if (node && 'A_Const' in node) {
    const { sval, ival, fval } = node.A_Const;
    if (ival) return String(ival.ival ?? 0);
    if (fval) return fval.fval;
    return sval ? (sval.sval ?? '') : undefined;
  }
  return stringOf(node);
}

const UNIT_MS: Record<string, number> = { us: 0.001, ms: 1, s: 1e3, min: 6e4, h: 3.6e6, d: 8.64e7 };

/** Zero means no limit at all. */
function isTighter(value: string | undefined, limitMs: number): boolean {
  const [, number, unit = 'ms'] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)?\s*$/.exec(value ?? '') ?? [];
  const factor = UNIT_MS[unit];
  if (number === undefined || factor === undefined) return false;
  const ms = Number(number) * factor;
  return ms >= 1 && ms <= limitMs;
}

const wholeSession = (word: string): Refused => ({
  code: 'changes_role',
  message: `${word} is refused: it would also reset the run’s own timeouts and role. Reset single settings by name.`,
});
