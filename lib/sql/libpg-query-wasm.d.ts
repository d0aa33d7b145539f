/** The WebAssembly build inside libpg-query, which ships without types. */
declare module 'libpg-query/wasm/libpg-query.js' {
  interface PgQueryModule {
    _malloc(bytes: number): number;
    _free(pointer: number): void;
    _wasm_parse_query_raw(query: number): number;
    _wasm_free_parse_result(result: number): void;
    _wasm_parse_plpgsql(query: number): number;
    _wasm_scan(query: number): number;
    _wasm_free_string(text: number): void;
    getValue(pointer: number, type: 'i32'): number;
    UTF8ToString(pointer: number): string;
    stringToUTF8(text: string, pointer: number, maxBytes: number): void;
    lengthBytesUTF8(text: string): number;
    HEAPU8: Uint8Array;
  }
  export default function createModule(): Promise<PgQueryModule>;
}
