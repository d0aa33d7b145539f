import { Fragment } from 'react';

/** A long name that may break after its underscores and dots, and nowhere else if that is enough. */
export function Breakable({ text }: { text: string }) {
  return text.split(/(?<=[_.])/).map((part, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a part is its place in the name
    <Fragment key={index}>
      {index > 0 ? <wbr /> : null}
      {part}
    </Fragment>
  ));
}
