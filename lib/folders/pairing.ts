import type { PairedBy } from '@/lib/core/migration';

export interface PairedScript {
  /** Within the folder that was searched, with `/`. */
  path: string;
  by: PairedBy;
}

export interface CandidateScript extends PairedScript {
  /** Why it does not simply belong, as a sentence. */
  why: string;
}

/** Which files belong to which migrations, before any of them is read. */
export interface Pairing {
  /** By tag. */
  paired: Map<string, PairedScript>;
  /** By tag; only for migrations without a paired script. */
  candidates: Map<string, CandidateScript[]>;
  /** By tag: why none of the scripts that fit can be used. */
  unusable: Map<string, string>;
  /** Belong to no migration; with the reason where there is more to say than that. */
  orphans: { path: string; reason?: string }[];
  /** Said about paired scripts. */
  remarks: { path: string; message: string }[];
}
