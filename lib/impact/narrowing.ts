/** Whole numbers by how many bytes they take, and floating ones. */
const INTEGERS = ['smallint', 'integer', 'bigint'];

interface Shape {
  base: string;
  size: number | undefined;
  scale: number;
}

/**
 * Whether every value of one type is the same value in the other: then a change of the type loses
 * nothing. Everything that is not known to be harmless counts as harm.
 */
export function keepsEveryValue(from: string, to: string): boolean {
  if (from === to) return true;
  const [old, now] = [shapeOf(from), shapeOf(to)];
  if (!old || !now) return false;
  if (INTEGERS.includes(old.base)) {
    if (INTEGERS.includes(now.base)) return INTEGERS.indexOf(now.base) > INTEGERS.indexOf(old.base);
    return now.base === 'numeric' && now.size === undefined;
  }
  if (old.base === 'real') return now.base === 'double precision';
  if (old.base === 'numeric' && now.base === 'numeric') {
    if (now.size === undefined) return true;
    if (old.size === undefined) return false;
    return now.scale >= old.scale && now.size - now.scale >= old.size - old.scale;
  }
  if (old.base === 'character varying' || old.base === 'text') {
    if (now.base === 'text') return true;
    if (now.base !== 'character varying') return false;
    return now.size === undefined || (old.size !== undefined && now.size >= old.size);
  }
  return false;
}

function shapeOf(type: string): Shape | undefined {
  const match = /^([a-z ]+?)(?:\((\d+)(?:,(\d+))?\))?$/.exec(type);
  if (!match) return undefined;
  const [, base = '', size, scale] = match;
  return {
    base,
    size: size === undefined ? undefined : Number(size),
    scale: scale === undefined ? 0 : Number(scale),
  };
}
