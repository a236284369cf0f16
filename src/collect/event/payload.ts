import { isUtf8 } from 'node:buffer';
import type { Decoded, DecodedEvent, Failure, JsonValue } from '../../contract/event.ts';
import { outOfBounds, wellFormed } from './fields.ts';

/** Collects what a request decodes to. Never throws. */
export class Decoding {
  readonly #events: DecodedEvent[] = [];
  readonly #failures: Failure[] = [];

  /**
   * Decodes one item of a request with `decode`, which answers with the event or with why there is none. An item that is
   * out of bounds, or that breaks the decoder, becomes a failure of its own; the others go on.
   */
  item(item: JsonValue, decode: (item: JsonValue) => DecodedEvent | Problem): void {
    const result = outOfBounds(item) ?? attempt(item, decode);
    if ('reason' in result) this.fail(result.reason, result.detail, item);
    else this.#events.push(result);
  }

  /** Without `payload` the whole request has failed, and its body is what is kept. */
  fail(reason: string, detail: string, payload?: JsonValue): this {
    this.#failures.push({
      stage: 'decode',
      reason,
      detail,
      payload: payload === undefined ? undefined : stringify(payload),
    });
    return this;
  }

  result(): Decoded {
    return { events: this.#events, failures: this.#failures };
  }
}

export interface Problem {
  readonly reason: string;
  readonly detail: string;
}

function attempt(
  item: JsonValue,
  decode: (item: JsonValue) => DecodedEvent | Problem,
): DecodedEvent | Problem {
  try {
    return decode(item);
  } catch (error) {
    return { reason: 'decoder failed', detail: String(error) };
  }
}

/** JSON.stringify recurses: what is nested too deep for it is kept as part of the request's body instead. */
function stringify(value: JsonValue): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** The JSON in a body, or why there is none. */
export function parseJson(body: Uint8Array): { readonly json: JsonValue } | Problem {
  if (body.length === 0) return { reason: 'empty body', detail: 'the request has no body' };
  if (!isUtf8(body)) return { reason: 'not UTF-8', detail: 'the body is not valid UTF-8' };
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  const bom = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return parseText(bytes.toString('utf8', bom ? 3 : 0));
}

export function parseText(text: string): { readonly json: JsonValue } | Problem {
  try {
    const json = JSON.parse(text) as JsonValue;
    // Only an escape can bring half a surrogate pair into text that was UTF-8.
    return { json: text.includes('\\u') && /\\u[dD][89a-fA-F]/.test(text) ? repaired(json) : json };
  } catch (error) {
    return {
      reason: 'not JSON',
      detail: error instanceof Error ? error.message.slice(0, 200) : String(error),
    };
  }
}

/** What is too deep to walk is out of bounds anyway and stays as it is, for the check of its item to refuse. */
function repaired(json: JsonValue): JsonValue {
  try {
    return wellFormed(json);
  } catch {
    return json;
  }
}
