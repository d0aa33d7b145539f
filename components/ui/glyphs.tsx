import type { ReactElement } from 'react';

/**
 * Icons that the icon library lacks, on its 24 px grid so that they take the same stroke. Each is
 * the inside of an <svg> that sets stroke and fill.
 */
export const glyphs = {
  fenceUp: (
    <>
      <path d="M3.500 20.500V8.200L6 5.200l2.500 3v12.300" />
      <path d="M9.500 20.500V8.200l2.500-3 2.500 3v12.300" />
      <path d="M15.500 20.500V8.200l2.500-3 2.500 3v12.300" />
      <path d="M2 12h20M2 17h20" />
    </>
  ),
  fenceDown: (
    <>
      <path d="M2 20.500h20M6 20.500v-4M12 20.500v-4M18 20.500v-4" />
      <path d="M12 3.500v8M9 8.700l3 3 3-3" />
    </>
  ),
  loss: (
    <>
      <path d="M12 2.700c4 4.300 6.300 7.500 6.300 10.900a6.300 6.300 0 0 1-12.600 0C5.700 10.200 8 7 12 2.700z" />
      <path d="M9.300 14.200h5.400" />
    </>
  ),
  residue: (
    <>
      <path d="m12 3 9 4.500-9 4.500-9-4.500z" />
      <path d="m3 12 9 4.500 9-4.500" />
      <path d="m3 16.500 9 4.500 9-4.500" strokeDasharray="2.200 2.700" />
    </>
  ),
  unknown: (
    <>
      <path d="m12 2.400 9.600 9.600-9.600 9.600L2.400 12z" />
      <path d="M9.900 9.900a2.150 2.150 0 1 1 3.300 1.800c-.8.500-1.200.900-1.200 1.700M12 16.400v.1" />
    </>
  ),
  stop: <rect x="5.500" y="5.500" width="13" height="13" rx="2.500" />,
  okSolid: (
    <>
      <circle cx="12" cy="12" r="10.500" fill="currentColor" stroke="none" />
      <path d="m7.500 12.300 3.100 3.100 5.900-6.600" stroke="var(--surface)" />
    </>
  ),
} satisfies Record<string, ReactElement>;

export type GlyphName = keyof typeof glyphs;
