export interface NavItem {
  href: string;
  label: string;
  /** How many want attention. 0 and nothing show nothing. */
  count?: number;
  /** What is counted, for people who listen. Default 'open'. */
  countLabel?: string;
}

/** Whether the page belongs to this entry. The root has only itself. */
export function isCurrentSection(href: string, pathname: string): boolean {
  if (href === '/') return pathname === '/';
  return pathname === href || pathname.startsWith(`${href}/`);
}
