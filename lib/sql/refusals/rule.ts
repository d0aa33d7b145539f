import type { ScriptRefusalCode } from '@/lib/core/statement';
import type { ExecutedNode } from '../executed-nodes';
import type { RelationNames } from '../relation-names';

export interface RuleContext {
  names: RelationNames;
  tracking: { schema: string; table: string };
  /** The statement stands between BEGIN and COMMIT, or in the code block of a DO. */
  insideTransaction: 'wrapper' | 'code block' | undefined;
}

export interface Refused {
  code: ScriptRefusalCode;
  /** A sentence: what is in the way, and what to write instead. */
  message: string;
}

/** Looks at one thing that a statement does. */
export type Rule = (executed: ExecutedNode, context: RuleContext) => Refused | undefined;
