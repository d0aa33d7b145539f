export { dropRescueCopies } from './drop-copies';
export { readRescueCopies } from './read-copies';
export { rescueBefore } from './rescue-before';
export type { RescuedCopy } from './rescued-copy';
export { whyNoCopy } from './why-no-copy';
