import { startBuilt } from './start-built.mjs';

await startBuilt('serve.mjs');
