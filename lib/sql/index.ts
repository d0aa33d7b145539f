export { parseScript, type ScriptContext } from './parse-script';
