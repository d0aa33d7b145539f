import { Banner } from '@/components/ui/banner';

export interface IgnoredValue {
  /** The parameter in words. */
  label: string;
  value: string;
  /** How a value has to look. */
  remedy?: string;
}

/** What an address asked for and can't be: told, so that nobody takes the list for what they asked. */
export function IgnoredQuery({ values }: { values: readonly IgnoredValue[] }) {
  if (values.length === 0) return null;
  return (
    <Banner tone="warn" title="Part of the address was ignored" role="status">
      <ul>
        {values.map(({ label, value, remedy }) => (
          <li key={`${label} ${value}`}>
            {label} can’t be <code className="mono wrap-anywhere">{printable(value)}</code>.
            {remedy ? ` ${remedy}` : null}
          </li>
        ))}
      </ul>
    </Banner>
  );
}

const MOST_CHARACTERS = 80;

/** Control characters would be nothing to see, and a long value would push the list away. */
function printable(value: string): string {
  const shown = value.replaceAll(/\p{C}/gu, '\u{FFFD}');
  return shown.length > MOST_CHARACTERS ? `${shown.slice(0, MOST_CHARACTERS)}…` : shown;
}
