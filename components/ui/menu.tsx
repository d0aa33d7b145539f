'use client';

import { DropdownMenu } from 'radix-ui';
import type { ReactNode } from 'react';
import { classNames } from '@/components/ui/class-names';
import { Icon, type IconName } from '@/components/ui/icon';
import { menuClass, menuItemClass } from '@/components/ui/menu-style';

export interface MenuItem {
  id: string;
  label: string;
  icon?: IconName;
  tone?: 'danger';
  /** Why it cannot be chosen: printed below the label. */
  disabledReason?: string | null;
  onSelect: () => void;
}

export interface MenuProps {
  /** The button that opens it, for example <IconButton icon="more" label="More actions" outlined/>. */
  trigger: ReactNode;
  items: readonly MenuItem[];
  align?: 'start' | 'end';
}

/** Actions that are not wanted every day, behind a button. */
export function Menu({ trigger, items, align = 'end' }: MenuProps) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Content
        align={align}
        sideOffset={4}
        collisionPadding={8}
        className={classNames(menuClass, 'p-1')}
      >
        {items.map((item) => (
          <DropdownMenu.Item
            key={item.id}
            aria-disabled={Boolean(item.disabledReason) || undefined}
            onSelect={(event) => {
              if (item.disabledReason) event.preventDefault();
              else item.onSelect();
            }}
            className={classNames(
              menuItemClass,
              item.tone === 'danger' && !item.disabledReason && 'text-danger-text!',
              item.disabledReason && 'cursor-not-allowed text-text-3!',
            )}
          >
            {item.icon ? <Icon name={item.icon} /> : null}
            <span className="py-1.5">
              {item.label}
              {item.disabledReason ? (
                <span className="block text-xs text-text-2">{item.disabledReason}</span>
              ) : null}
            </span>
          </DropdownMenu.Item>
        ))}
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  );
}
