export { type ProcessEnvironment, readEnvironment } from './environment';
export { findTarget } from './find-target';
export { configJsonSchema } from './json-schema';
export { loadConfig } from './load-config';
