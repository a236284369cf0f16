import { setFlagsFromString } from 'node:v8';

// The engine without backtracking that V8 brings: events are hostile, and a pattern such as `^(a+)+$` would take it hours otherwise.
// The flag only lets expressions ask for it.
setFlagsFromString('--enable-experimental-regexp-engine');

/** Longer texts fit no pattern and no format: nobody means them. */
export const maxMatched = 4_096;
const maxPattern = 1_000;
/** V8's own flag. */
const linear = 'l';

/** What ajv needs of an expression. */
export interface LinearPattern {
  test(text: string): boolean;
  toString(): string;
}

/**
 * An expression that takes time in proportion to the text, whatever either is. Throws a SyntaxError for what cannot be matched so:
 * look-around, back-references, repetitions beyond a hundred or so, and `\p{…}`.
 */
export function linearPattern(source: string): LinearPattern {
  if (source.length > maxPattern) throw new SyntaxError(`a pattern has at most ${maxPattern} characters`);
  let expression: RegExp;
  try {
    expression = new RegExp(source, linear);
  } catch (error) {
    throw new SyntaxError(explained(source, error));
  }
  return {
    test: (text) => text.length <= maxMatched && expression.test(text),
    // by which ajv tells patterns apart
    toString: () => source,
  };
}

function explained(source: string, error: unknown): string {
  try {
    new RegExp(source);
  } catch {
    return error instanceof Error ? error.message : String(error);
  }
  return `the pattern ${source.slice(0, 100)} could be slow: without look-around, back-references and repetitions over 100, please`;
}

/** As ajv takes it; the flags it passes are those of JSON Schema, which this engine does not have. */
export const regExpEngine = Object.assign((source: string): LinearPattern => linearPattern(source), {
  code: 'linearPattern',
});
