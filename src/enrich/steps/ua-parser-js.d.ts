/** The part of ua-parser-js 1.x that is used; the package brings no types. */
declare module 'ua-parser-js' {
  interface Result {
    browser: { name?: string; version?: string };
    os: { name?: string; version?: string };
    device: { vendor?: string; model?: string; type?: string };
  }
  export default class UAParser {
    constructor(userAgent: string);
    getResult(): Result;
  }
}
