import type { LogRecord } from '../../contract/request.ts';

/** A text inside of a record, and the record with another one in its place. */
export interface Payload {
  readonly text: string;
  readonly put: (text: string) => LogRecord;
}

const formStart = /^[\w.$-]{1,64}=/;
const jsonStart = /^[\s\ufeff]{0,99}[[{]/;

/** Where the items of a record may stand, the likeliest place first: in a form's field, in base64, and as they are. */
export function payloadsOf(record: LogRecord): Payload[] {
  const body = textOf(record);
  if (jsonStart.test(body)) return [plain(record, body)];
  if (body === '')
    return fieldsOf(record.query, (query) => ({ ...record, query })).concat(plain(record, body));
  if (formStart.test(body)) return [...fieldsOf(body, (text) => withBody(record, text)), plain(record, body)];
  const json = decodedJson(body);
  if (json === undefined) return [plain(record, body)];
  return [{ text: json, put: (text) => withBody(record, Buffer.from(text).toString('base64')) }];
}

export function textOf({ body }: LogRecord): string {
  return Buffer.from(body.buffer, body.byteOffset, body.length).toString();
}

function plain(record: LogRecord, text: string): Payload {
  return { text, put: (changed) => withBody(record, changed) };
}

function withBody(record: LogRecord, text: string): LogRecord {
  return { ...record, body: Buffer.from(text) };
}

/** Fields of a form that hold JSON, in base64 or not. */
function fieldsOf(text: string, put: (text: string) => LogRecord): Payload[] {
  const form = new URLSearchParams(text);
  return [...new Set(form.keys())].flatMap((name) => {
    const value = form.get(name) ?? '';
    const isPlain = jsonStart.test(value);
    const json = isPlain ? value : decodedJson(value.replaceAll(' ', '+'));
    if (json === undefined) return [];
    const changed = (one: string): LogRecord => {
      const next = new URLSearchParams(text);
      next.set(name, isPlain ? one : Buffer.from(one).toString('base64'));
      return put(next.toString());
    };
    return [{ text: json, put: changed }];
  });
}

function decodedJson(text: string): string | undefined {
  if (!/^(?:ey|ew|W)[\w+/=\s-]*$/.test(text)) return undefined;
  const json = Buffer.from(text, 'base64').toString();
  return jsonStart.test(json) ? json : undefined;
}
