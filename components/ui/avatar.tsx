import { classNames } from '@/components/ui/class-names';
import { Icon } from '@/components/ui/icon';

export interface AvatarProps {
  name: string;
  size?: 'sm' | 'md';
  className?: string;
}

/** Hues that are not those of a state, so that nobody is taken for a warning. */
const looks = [
  'bg-avatar-1 text-avatar-1-text border-avatar-1-line',
  'bg-avatar-2 text-avatar-2-text border-avatar-2-line',
  'bg-avatar-3 text-avatar-3-text border-avatar-3-line',
  'bg-avatar-4 text-avatar-4-text border-avatar-4-line',
  'bg-avatar-5 text-avatar-5-text border-avatar-5-line',
] as const;

/** A person's initials; decoration, the name stands beside it. The same name has the same colour. */
export function Avatar({ name, size = 'md', className }: AvatarProps) {
  return (
    <span
      aria-hidden
      className={classNames(
        'inline-flex shrink-0 items-center justify-center rounded-full border font-semibold tracking-[0.01em]',
        size === 'md' ? 'size-6 text-[10px]' : 'size-5 text-[9px]',
        looks[hash(name) % looks.length],
        className,
      )}
    >
      {initials(name)}
    </span>
  );
}

/** The machine in the place of a person: what Backstep did by itself. */
export function SystemAvatar({ size = 'md', className }: Omit<AvatarProps, 'name'>) {
  return (
    <span
      aria-hidden
      className={classNames(
        'inline-flex shrink-0 items-center justify-center rounded-full border border-line bg-sunken text-text-2',
        size === 'md' ? 'size-6' : 'size-5',
        className,
      )}
    >
      <Icon name="terminal" size={12} />
    </span>
  );
}

function initials(name: string): string {
  const words = name
    .trim()
    .split(/[\s._-]+/)
    .filter(Boolean);
  const first = words[0]?.[0] ?? '?';
  const last = words.length > 1 ? (words.at(-1)?.[0] ?? '') : (words[0]?.[1] ?? '');
  return (first + last).toUpperCase();
}

/** FNV-1a, folded once, for its low bits alone spread short names badly. */
function hash(text: string): number {
  let value = 2_166_136_261;
  for (const character of text) {
    value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 16_777_619);
  }
  return (value ^ (value >>> 15)) >>> 0;
}
