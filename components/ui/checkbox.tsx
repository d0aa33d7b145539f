'use client';

import {
  type ComponentPropsWithRef,
  type ReactNode,
  useEffect,
  useId,
  useImperativeHandle,
  useRef,
} from 'react';
import { classNames } from '@/components/ui/class-names';
import { Spinner } from '@/components/ui/spinner';

export interface CheckboxProps
  extends Omit<ComponentPropsWithRef<'input'>, 'type' | 'disabled' | 'onChange' | 'checked'> {
  /** The accessible name, and part of what can be clicked. */
  label: ReactNode;
  /** Read out with the name, and not part of it. */
  hint?: ReactNode;
  checked: boolean;
  /** Left out: the box shows what is so, and can't be changed. */
  onCheck?: (checked: boolean) => void;
  /** Why it can't be ticked. The box stays in the tab order, so that it can be read. */
  disabledReason?: string | null;
  /** The tick is on its way. */
  pending?: boolean;
}

/** A box to tick with its words beside it. */
export function Checkbox({
  label,
  hint,
  checked,
  onCheck,
  disabledReason,
  pending = false,
  className,
  id,
  ref,
  ...rest
}: CheckboxProps) {
  const box = useRef<HTMLInputElement>(null);
  useImperativeHandle(ref, () => box.current as HTMLInputElement);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what was there before the first effect
  useEffect(() => {
    // Ticked before the page came alive, by hand or by the browser that remembers: nobody was told of it.
    if (box.current) box.current.checked = checked;
  }, []);
  const ownId = useId();
  const inputId = id ?? ownId;
  const hintId = `${inputId}-hint`;
  const reasonId = `${inputId}-reason`;
  const inert = Boolean(disabledReason);
  const fixed = inert || pending || onCheck === undefined;
  const describedBy = [hint ? hintId : '', inert ? reasonId : ''].filter(Boolean).join(' ');
  return (
    <div className={classNames('relative flex items-start gap-2.5', className)}>
      {pending ? <Spinner className="mt-0.5 text-accent-text" /> : null}
      <input
        {...rest}
        ref={box}
        id={inputId}
        type="checkbox"
        checked={checked}
        aria-disabled={inert || undefined}
        aria-readonly={!inert && fixed ? true : undefined}
        aria-busy={pending || undefined}
        aria-describedby={describedBy || undefined}
        onChange={(event) => {
          if (!fixed) onCheck(event.target.checked);
        }}
        className={classNames(
          'check-mark mt-0.5 size-4 shrink-0 appearance-none rounded-sm border',
          pending && 'sr-only',
          inert && !checked
            ? 'border-line-2 bg-sunken'
            : 'border-field bg-surface checked:border-accent checked:bg-accent',
        )}
      />
      <div className="min-w-0 flex-1 text-sm">
        <label
          htmlFor={inputId}
          className="block font-medium wrap-anywhere max-md:-my-2.5 max-md:py-2.5"
        >
          {label}
        </label>
        {hint ? (
          <div id={hintId} className="text-text-2">
            {hint}
          </div>
        ) : null}
        {inert ? (
          <span id={reasonId} className="sr-only">
            {disabledReason}
          </span>
        ) : null}
      </div>
    </div>
  );
}
