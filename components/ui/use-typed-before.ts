import { type RefObject, useEffect } from 'react';

type Editable = HTMLInputElement | HTMLTextAreaElement;

/**
 * Takes over what somebody has entered before the page came alive: on a slow line the server's page stands
 * there for seconds, and React would go on from the value that it was made with.
 * @param value as the field is controlled; anything but text: the field keeps its own
 */
export function useTypedBefore(field: RefObject<Editable | null>, value: unknown): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what was there before the first effect
  useEffect(() => {
    const node = field.current;
    if (node && typeof value === 'string' && node.value !== value) enterAgain(node, value);
  }, []);
}

/** As if it was entered now. React takes no notice of a value that it has seen already, so it sees its own first. */
function enterAgain(node: Editable, known: string): void {
  const typed = node.value;
  const { selectionStart: from, selectionEnd: to } = node;
  node.value = known;
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(node), 'value')?.set?.call(node, typed);
  // Types without a selection, such as numbers, say null.
  if (from !== null && to !== null) node.setSelectionRange(from, to);
  node.dispatchEvent(new Event('input', { bubbles: true }));
}
