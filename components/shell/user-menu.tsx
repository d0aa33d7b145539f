'use client';

import { DropdownMenu } from 'radix-ui';
import { startTransition } from 'react';
import { parseTheme, type Theme, themes } from '@/components/shell/theme';
import { useTheme } from '@/components/shell/theme-provider';
import { Avatar } from '@/components/ui/avatar';
import { classNames } from '@/components/ui/class-names';
import { Icon, type IconName } from '@/components/ui/icon';
import { menuClass, menuItemClass } from '@/components/ui/menu-style';

export interface ShellUser {
  name: string;
  email: string;
  /** In words: Requester, Reviewer, Administrator, Auditor. */
  role: string;
}

export interface UserMenuProps {
  user: ShellUser;
  /** Ends the session. Never a link: another site could make the browser follow one. */
  onSignOut: () => void | Promise<void>;
}

const themeWords: Record<Theme, { label: string; icon: IconName }> = {
  system: { label: 'As the system', icon: 'monitor' },
  light: { label: 'Light', icon: 'sun' },
  dark: { label: 'Dark', icon: 'moon' },
};

const partLabel = 'px-2 pt-1.5 pb-1 text-xs font-medium text-text-3';

/** Who is signed in, the theme, and the way out. */
export function UserMenu({ user, onSignOut }: UserMenuProps) {
  const { theme, setTheme } = useTheme();
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="-mr-1.5 flex h-8 items-center gap-2 rounded-md px-1.5 text-sm font-medium whitespace-nowrap hover:bg-sunken data-[state=open]:bg-sunken max-md:mr-0 max-md:h-10">
        <Avatar name={user.name} />
        <span className="max-w-40 truncate max-lg:sr-only">{user.name}</span>
      </DropdownMenu.Trigger>
      <DropdownMenu.Content
        align="end"
        sideOffset={8}
        collisionPadding={8}
        className={classNames(menuClass, 'w-60 p-1')}
      >
        <div className="px-2 pt-2 pb-2.5">
          <p className="font-semibold wrap-anywhere">{user.name}</p>
          <p className="text-xs wrap-anywhere text-text-2">{user.email}</p>
          <p className="text-xs text-text-2">{user.role}</p>
        </div>
        <DropdownMenu.Separator className="-mx-1 my-1 h-px bg-line" />
        <DropdownMenu.Label className={partLabel}>Theme</DropdownMenu.Label>
        <DropdownMenu.RadioGroup
          aria-label="Theme"
          value={theme}
          onValueChange={(value) => setTheme(parseTheme(value))}
        >
          {themes.map((option) => (
            <DropdownMenu.RadioItem
              key={option}
              value={option}
              onSelect={(event) => event.preventDefault()}
              className={menuItemClass}
            >
              <Icon name={themeWords[option].icon} className="text-text-3" />
              <span className="flex-1">{themeWords[option].label}</span>
              <DropdownMenu.ItemIndicator>
                <Icon name="check" size={14} />
              </DropdownMenu.ItemIndicator>
            </DropdownMenu.RadioItem>
          ))}
        </DropdownMenu.RadioGroup>
        <DropdownMenu.Separator className="-mx-1 my-1 h-px bg-line" />
        <DropdownMenu.Item
          className={menuItemClass}
          onSelect={() => startTransition(() => onSignOut())}
        >
          <Icon name="logOut" className="text-text-3" />
          Sign out
        </DropdownMenu.Item>
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  );
}
