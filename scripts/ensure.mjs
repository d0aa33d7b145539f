/** What has to be there before something of this project can run. Needs nothing but Node. */
export { ensureBuilt } from './lib-built.mjs';
export { ensureInstalled } from './lib-installed.mjs';
export { ensureBrowser, ensureClientTools, ensurePooler } from './lib-programs.mjs';
