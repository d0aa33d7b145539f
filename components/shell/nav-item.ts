export interface NavItem {
  href: string;
  label: string;
  /** How many want attention. 0 and nothing show nothing. */
  count?: number;
  /** What is counted, for people who listen. Default 'open'. */
  countLabel?: string;
}

/** Whether the page belongs to this entry, whatever part of its section the entry opens. The root has only itself. */
export function isCurrentSection(href: string, pathname: string): boolean {
  const section = href.split('?', 1)[0] ?? href;
  if (section === '/') return pathname === '/';
  return pathname === section || pathname.startsWith(`${section}/`);
}
