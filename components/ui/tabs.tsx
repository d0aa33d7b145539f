'use client';

import { Tabs as RadixTabs } from 'radix-ui';
import type { ReactNode } from 'react';
import { CountPill } from '@/components/ui/count-pill';
import {
  lineListClass,
  lineTabClass,
  segmentClass,
  segmentListClass,
} from '@/components/ui/tab-style';

export interface TabItem {
  value: string;
  label: ReactNode;
  count?: number;
}

export interface TabsProps {
  /** Names the list of tabs. */
  label: string;
  items: readonly TabItem[];
  value?: string;
  defaultValue?: string;
  onValueChange?: (value: string) => void;
  /** 'line' heads a page, 'segmented' sits in a panel header. */
  variant?: 'line' | 'segmented';
  /** Wraps the list, for example in a panel header with more controls. */
  renderList?: (list: ReactNode) => ReactNode;
  /** The TabPanels. */
  children: ReactNode;
  className?: string;
}

/** Tabs within a page. Arrow keys move, as one stop in the tab order. */
export function Tabs({
  label,
  items,
  value,
  defaultValue,
  onValueChange,
  variant = 'line',
  renderList,
  children,
  className,
}: TabsProps) {
  const list = (
    <RadixTabs.List
      aria-label={label}
      className={variant === 'line' ? lineListClass : segmentListClass}
    >
      {items.map((item) => (
        <RadixTabs.Trigger
          key={item.value}
          value={item.value}
          className={variant === 'line' ? lineTabClass : segmentClass}
        >
          {item.label}
          {item.count === undefined ? null : <CountPill count={item.count} />}
        </RadixTabs.Trigger>
      ))}
    </RadixTabs.List>
  );
  return (
    <RadixTabs.Root
      value={value}
      defaultValue={defaultValue ?? (value === undefined ? items[0]?.value : undefined)}
      onValueChange={onValueChange}
      className={className}
    >
      {renderList ? renderList(list) : list}
      {children}
    </RadixTabs.Root>
  );
}

export interface TabPanelProps {
  value: string;
  children: ReactNode;
  className?: string;
}

export function TabPanel({ value, children, className }: TabPanelProps) {
  return (
    <RadixTabs.Content value={value} className={className}>
      {children}
    </RadixTabs.Content>
  );
}
