import Link from 'next/link';
import type { ReactNode } from 'react';
import { Brand } from '@/components/shell/brand';
import { ThemeToggle } from '@/components/shell/theme-toggle';
import {
  type CoverageCell,
  CoverageLegend,
  CoverageStrip,
  type CoverageTone,
} from '@/components/ui/coverage-strip';
import { SkipLink } from '@/components/ui/skip-link';
import packageManifest from '@/package.json';

/** An invented chain: a picture of the idea, not of a database. */
const picture: CoverageCell[] = [
  ...cells('foundational', 14),
  ...cells('present', 4),
  ...cells('missing', 1),
  ...cells('present', 13),
  ...cells('missing', 1),
  ...cells('present', 4, true),
];

function cells(tone: CoverageTone, count: number, selected = false): CoverageCell[] {
  return Array.from({ length: count }, () => ({ tone, label: '', selected }));
}

/** The frame of sign-in and first setup: what this is on the left, what to do on the right. */
export default function AuthLayout({ children }: { children: ReactNode }) {
  return (
    <div className="grid min-h-dvh grid-cols-1 grid-rows-[auto_1fr] lg:grid-cols-2 lg:grid-rows-1">
      <SkipLink />
      <header className="flex flex-col border-line bg-surface max-lg:border-b lg:border-r">
        <div className="flex items-center px-6 py-3 lg:px-12 lg:pt-10">
          <Link href="/" aria-label="Backstep, home" className="flex items-center rounded-md">
            <Brand />
          </Link>
          <ThemeToggle className="ml-auto lg:hidden" />
        </div>
        <div className="flex flex-1 flex-col justify-center px-12 max-lg:hidden">
          <p className="max-w-[26ch] text-[28px] leading-9 font-semibold tracking-[-0.03em]">
            Take a database back to a known state, one rehearsed step at a time.
          </p>
          <p className="mt-3 max-w-[44ch] text-text-2">
            See what will run, rehearse it on a copy, have it approved, and prove the result.
          </p>
          <div className="mt-8 w-full max-w-[440px]">
            <CoverageStrip
              size="lg"
              cells={picture}
              summary="Picture of a chain of migrations: the newest four can be undone, up to one that has no rollback script."
            />
            <CoverageLegend
              className="mt-3"
              entries={[
                { tone: 'present', label: 'Has a rollback script' },
                { tone: 'missing', label: 'Missing' },
                { tone: 'foundational', label: 'Foundational' },
              ]}
            />
          </div>
        </div>
        <div className="flex items-center px-12 pb-6 text-xs text-text-3 max-lg:hidden">
          Self-hosted · Version {packageManifest.version}
          <ThemeToggle className="ml-auto" />
        </div>
      </header>
      <main
        id="main"
        tabIndex={-1}
        className="flex items-start justify-center px-6 py-10 outline-none lg:items-center"
      >
        <div className="w-full max-w-[376px]">{children}</div>
      </main>
    </div>
  );
}
