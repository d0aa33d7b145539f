export { compareWithUp } from './compare-with-up';
export { parseScript } from './parse-script';
export { parseScriptOf } from './parse-script-of';
export { type ParsedUp, parseUp, type UpChunk } from './parse-up';
export { relationsOf } from './relations-of';
export { serverWide } from './server-wide';
