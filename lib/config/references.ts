const REFERENCE = /\$\$\{|\$\{([^}]*)\}?/g;
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export interface ResolvedText {
  value: string;
  /** One sentence for each reference that can't be resolved; never a value. */
  problems: string[];
}

/**
 * Puts the values of environment variables in the place of `${NAME}`. `$${` stands for a literal
 * `${`. An empty variable counts as missing: an empty password or path is never what was meant.
 */
export function resolveReferences(
  text: string,
  env: Record<string, string | undefined>,
): ResolvedText {
  const problems: string[] = [];
  const value = text.replace(REFERENCE, (whole, name: string | undefined) => {
    if (whole === '$${') return '${';
    if (name === undefined || !whole.endsWith('}') || !VARIABLE_NAME.test(name)) {
      problems.push(
        `a reference is not complete. Write \${NAME} with letters, digits and underscores, or $\${ for a literal \${`,
      );
      return '';
    }
    const found = env[name];
    if (found === undefined || found === '') {
      problems.push(
        `the variable ${name} is ${found === undefined ? 'not set' : 'empty'}. Set it in the environment of Backstep, or write the value here; a literal \${ is written $\${`,
      );
      return '';
    }
    return found;
  });
  return { value, problems };
}
