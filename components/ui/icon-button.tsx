'use client';

import { Button, type ButtonProps } from '@/components/ui/button';
import type { IconName } from '@/components/ui/icon';

export interface IconButtonProps extends Omit<ButtonProps, 'children' | 'icon' | 'variant'> {
  icon: IconName;
  /** The name for people who do not see the icon; also the tooltip. */
  label: string;
  /** With a border, as beside other buttons. Default: none. */
  outlined?: boolean;
}

/** A square button with an icon alone. Why it is disabled is its tooltip: in a row of icons a sentence has no room. */
export function IconButton({
  icon,
  label,
  outlined,
  className,
  reasonPlacement = 'hidden',
  ...rest
}: IconButtonProps) {
  return (
    <Button
      {...rest}
      reasonPlacement={reasonPlacement}
      variant={outlined ? 'default' : 'icon'}
      icon={icon}
      aria-label={label}
      title={rest.disabledReason || label}
      className={outlined ? `w-8 px-0! max-md:w-10 ${className ?? ''}` : className}
    />
  );
}
