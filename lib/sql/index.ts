export { parseScript } from './parse-script';
