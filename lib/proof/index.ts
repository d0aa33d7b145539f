export { attachProofs, provableFiles } from './attach-proofs';
export {
  type ProofSubject,
  type ProvenHistory,
  type ProvenScript,
  proveHistory,
} from './prove';
export { proveSteps, proveTarget } from './prove-target';
export { readBootstrap } from './store';
