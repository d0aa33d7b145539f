/** Up to the last @: a password that was not encoded may hold anything but space. */
const POSTGRES_PASSWORD = /(\bpostgres(?:ql)?:\/\/[^\s:/?#@]*:)\S*@/gi;
/** Of other addresses, where an @ may also come later. */
const URL_PASSWORD = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/?#@]*:)[^\s@/]*@/gi;
const PASSWORD_PARAMETER = /\b((?:ssl)?password=)[^\s&"']+/gi;
/** What drizzle writes behind its message: every value of the query, a password's hash among them. */
const QUERY_PARAMETERS = /\nparams: [\s\S]*$/;

/** Takes passwords out of a text, and the values of a query that failed. */
function clean(text: string): string {
  return text
    .replace(QUERY_PARAMETERS, '')
    .replace(POSTGRES_PASSWORD, '$1***@')
    .replace(URL_PASSWORD, '$1***@')
    .replace(PASSWORD_PARAMETER, '$1***');
}

/** A finished line of the log, each text in it cleaned: so no field can be forgotten. */
export function withoutSecrets(line: string): string {
  const entry: unknown = JSON.parse(line, (_key, value: unknown) =>
    typeof value === 'string' ? clean(value) : value,
  );
  return `${JSON.stringify(entry)}\n`;
}
