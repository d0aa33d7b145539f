/**
 * The items of a list as our queries write it. A separator inside of quotes or parentheses separates
 * nothing. Text that is no such list comes back as one item.
 */
export function splitList(text: string, separator: ', ' | '; '): string[] {
  const items: string[] = [];
  let item = '';
  let depth = 0;
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (quote) {
      // A doubled quote closes and opens again at once, which comes to the same.
      if (character === quote) quote = '';
    } else if (character === "'" || character === '"') {
      quote = character;
    } else if (character === '(') {
      depth += 1;
    } else if (character === ')') {
      depth -= 1;
    } else if (depth === 0 && text.startsWith(separator, at)) {
      items.push(item);
      item = '';
      at += separator.length - 1;
      continue;
    }
    item += character;
  }
  if (text !== '') items.push(item);
  return items;
}
