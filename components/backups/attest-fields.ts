/** What is written into the form, as it is typed. */
export interface AttestFields {
  provider: string;
  reference: string;
  /** As the browser's field gives it, `2026-11-22T02:10`, in UTC. */
  takenAt: string;
  link: string;
  /** The sentence has been ticked. */
  vouched: boolean;
}

export const EMPTY_ATTESTATION: AttestFields = {
  provider: '',
  reference: '',
  takenAt: '',
  link: '',
  vouched: false,
};

/** What the server is asked with. */
export interface AttestInput {
  provider: string;
  reference: string;
  /** ISO. */
  takenAt: string;
  link: string | null;
}

export type AttestProblems = Partial<Record<keyof AttestFields, string>>;

/**
 * What is wrong with each field, in the words beside it; empty when it can be sent. The server asks
 * the same again.
 * @param now the database's clock
 */
export function attestProblems(fields: AttestFields, now: number): AttestProblems {
  const problems: AttestProblems = {};
  if (fields.provider.trim() === '') problems.provider = 'Say where it lies, for example AWS RDS.';
  if (fields.reference.trim() === '')
    problems.reference = 'Copy the id of the snapshot from the provider’s page.';
  const taken = takenAtMs(fields.takenAt);
  if (taken === null) problems.takenAt = 'Say when it was taken: day and time, in UTC.';
  else if (taken > now)
    problems.takenAt = 'That is in the future. The field is in UTC, not in your own time.';
  if (fields.link.trim() !== '' && !isAddress(fields.link.trim()))
    problems.link = 'Begin with https://, or leave it empty.';
  if (!fields.vouched) problems.vouched = 'Tick the sentence: it is what you sign.';
  return problems;
}

/** Null while it is no moment. */
export function takenAtMs(value: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(value)) return null;
  const ms = Date.parse(`${value}Z`);
  return Number.isNaN(ms) ? null : ms;
}

function isAddress(value: string): boolean {
  if (!/^https?:\/\//i.test(value)) return false;
  return URL.canParse(value);
}

/** Fields without a problem as what is sent. @throws RangeError while the time is none */
export function attestInput(fields: AttestFields): AttestInput {
  const link = fields.link.trim();
  return {
    provider: fields.provider.trim(),
    reference: fields.reference.trim(),
    takenAt: new Date(takenAtMs(fields.takenAt) ?? Number.NaN).toISOString(),
    link: link === '' ? null : link,
  };
}
