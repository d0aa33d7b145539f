import type { VariableSetStmt } from 'libpg-query';
import { stringOf, stringsOf } from '../syntax-tree';
import type { Refused, Rule } from './rule';

const TIMEOUTS = new Set([
  'lock_timeout',
  'statement_timeout',
  'idle_in_transaction_session_timeout',
  'idle_session_timeout',
  'transaction_timeout',
]);

const ROLES = new Set(['role', 'session_authorization']);

/** The session that runs the steps is the run's own: its timeouts, role and encoding are not the script's. */
export const sessionSettings: Rule = ({ node }) => {
  if (!node) return undefined;
  if ('VariableSetStmt' in node) return ofSetting(node.VariableSetStmt);
  if ('AlterRoleSetStmt' in node) return storedTimeout(node.AlterRoleSetStmt.setstmt, 'ROLE');
  if ('AlterDatabaseSetStmt' in node) {
    return storedTimeout(node.AlterDatabaseSetStmt.setstmt, 'DATABASE');
  }
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
    return byName(constant.toLowerCase(), value ? stringOf(value) : undefined);
  }
  return undefined;
};

function ofSetting(setting: VariableSetStmt): Refused | undefined {
  if (setting.kind === 'VAR_RESET_ALL') return wholeSession('RESET ALL');
  const [value] = setting.args ?? [];
  return byName((setting.name ?? '').toLowerCase(), stringOf(value));
}

function byName(name: string, value: string | undefined): Refused | undefined {
  if (TIMEOUTS.has(name)) {
    return {
      code: 'loosens_timeout',
      message: `Changing ${name} is refused: the policy of the target sets it. Take this out of the script.`,
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

function storedTimeout(
  setting: VariableSetStmt | undefined,
  owner: 'ROLE' | 'DATABASE',
): Refused | undefined {
  const name = (setting?.name ?? '').toLowerCase();
  if (!TIMEOUTS.has(name)) return undefined;
  return {
    code: 'loosens_timeout',
    message: `ALTER ${owner} … SET ${name} is refused: it would change a timeout of later sessions. Do it outside of a rollback.`,
  };
}

const wholeSession = (word: string): Refused => ({
  code: 'changes_role',
  message: `${word} is refused: it would also reset the run’s own timeouts and role. Reset single settings by name.`,
});
