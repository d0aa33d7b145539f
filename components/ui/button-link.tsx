'use client';

import Link from 'next/link';
import { type ComponentPropsWithRef, useId } from 'react';
import { type ButtonSize, type ButtonVariant, buttonClass } from '@/components/ui/button-style';
import { type ReasonPlacement, WithReason } from '@/components/ui/disabled-reason';
import { Icon, type IconName } from '@/components/ui/icon';

export interface ButtonLinkProps extends Omit<ComponentPropsWithRef<typeof Link>, 'href'> {
  href: string;
  variant?: ButtonVariant;
  size?: ButtonSize;
  icon?: IconName;
  /** Why the way is closed now. The link loses its address, stays focusable and says why. */
  disabledReason?: string | null;
  reasonPlacement?: ReasonPlacement;
  /** A file to save or an address outside the app: a plain anchor, never prefetched. */
  plain?: boolean;
}

/** A link that looks like a button, for actions that only go somewhere. */
export function ButtonLink({
  href,
  variant = 'default',
  size = 'md',
  icon,
  disabledReason,
  reasonPlacement = 'before',
  plain = false,
  className,
  children,
  prefetch,
  replace,
  scroll,
  ...rest
}: ButtonLinkProps) {
  const reasonId = useId();
  const content = (
    <>
      {icon ? <Icon name={icon} /> : null}
      {children}
    </>
  );
  if (disabledReason) {
    return (
      <WithReason id={reasonId} reason={disabledReason} placement={reasonPlacement}>
        {/* biome-ignore lint/a11y/useSemanticElements: an anchor without an address is no link to assistive technology */}
        <span
          role="link"
          tabIndex={0}
          aria-disabled
          aria-describedby={reasonId}
          data-slot="button"
          className={buttonClass({ variant, size, inert: true, className })}
        >
          {content}
        </span>
      </WithReason>
    );
  }
  const shared = {
    ...rest,
    href,
    'data-slot': 'button',
    className: buttonClass({ variant, size, className }),
  };
  if (plain) return <a {...shared}>{content}</a>;
  return (
    <Link {...shared} prefetch={prefetch} replace={replace} scroll={scroll}>
      {content}
    </Link>
  );
}
