export interface NavItem {
  href: string;
  /** Further sections that belong to it. */
  also?: readonly string[];
  label: string;
  /** How many want attention. 0 and nothing show nothing. */
  count?: number;
  /** What is counted, for people who listen. Default 'open'. */
  countLabel?: string;
}

/** Whether the page belongs to this entry, whatever part of its section the entry opens. The root has only itself. */
export function isCurrentSection(
  { href, also = [] }: Pick<NavItem, 'href' | 'also'>,
  pathname: string,
): boolean {
  return [href.split('?', 1)[0] ?? href, ...also].some((section) =>
    section === '/' ? pathname === '/' : pathname === section || pathname.startsWith(`${section}/`),
  );
}
