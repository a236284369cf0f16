import type { Decoded } from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import type { PersonIds } from './ids.ts';

/** What became of a person's records. */
export interface RecordCounts {
  deleted: number;
  rewritten: number;
  /** Items of several people that could not be told apart, and went together. */
  whole: number;
}

type Decode = (record: LogRecord) => Decoded | Promise<Decoded>;

/**
 * Says what remains of a record of the raw log without a person: the very record, one without the person's items, or nothing. Answers
 * at once for nearly all: their bytes do not hold the person's ids.
 */
export function recordEraser(
  project: string,
  { ids, marks }: PersonIds,
  decode: Decode,
): {
  readonly counts: RecordCounts;
  readonly change: (record: LogRecord) => LogRecord | undefined;
} {
  const counts: RecordCounts = { deleted: 0, rewritten: 0, whole: 0 };
  const own = new Set(ids.map(({ id }) => id));
  const wanted = new Set([...own, ...marks]);
  const needles = [...wanted].flatMap(spellings).map((text) => Buffer.from(text));
  const isTheirs = (record: LogRecord): boolean => names(decode, record, own);
  const change = (record: LogRecord): LogRecord | undefined => {
    if (record.project !== project) return record;
    const body = Buffer.from(record.body.buffer, record.body.byteOffset, record.body.length);
    const head = Buffer.from(`${record.query} ${JSON.stringify(record.headers)}`);
    const isNamed = needles.some((needle) => body.includes(needle) || head.includes(needle));
    if (!isNamed && !mayHide(body, head)) return record;
    if (!isTheirs(record)) {
      // another's event that speaks of the person stays; what cannot be read and names the person does not
      return isNamed && !hasEvents(decode, record) && isWholeWord(body, head, wanted) ? gone() : record;
    }
    const cut = cutBody(record.protocol, body, wanted);
    if (cut === undefined || cut.length === 0) return gone();
    const rest = { ...record, body: cut };
    if (isTheirs(rest)) {
      counts.whole++;
      return gone();
    }
    counts.rewritten++;
    return rest;
  };
  const gone = (): undefined => {
    counts.deleted++;
    return undefined;
  };
  return { counts, change };
}

function names(decode: Decode, record: LogRecord, ids: ReadonlySet<string>): boolean {
  const decoded = decodedNow(decode, record);
  const isTheirs = (one: {
    userId?: string | undefined;
    anonymousId?: string | undefined;
    previousId?: string | undefined;
  }): boolean =>
    ids.has(one.userId ?? '\0') || ids.has(one.anonymousId ?? '\0') || ids.has(one.previousId ?? '\0');
  return decoded.events.some(isTheirs) || (decoded.logs ?? []).some(isTheirs);
}

function hasEvents(decode: Decode, record: LogRecord): boolean {
  const { events, logs = [] } = decodedNow(decode, record);
  return events.length + logs.length > 0;
}

/** What can only be decoded later is looked at by its text alone. */
function decodedNow(decode: Decode, record: LogRecord): Decoded {
  const decoded = decode(record);
  return decoded instanceof Promise ? { events: [], failures: [] } : decoded;
}

/** As they stand in JSON, in a query and in UTF-8. */
function spellings(text: string): string[] {
  return [
    ...new Set([text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text), text.toLowerCase()]),
  ].filter(Boolean);
}

/** JSON in base64, where nothing can be searched. */
const hidden = /["=](?:eyJ|eyA|ewo|ew0|W3s|WyJ|Wwo)/;

function mayHide(body: Buffer, head: Buffer): boolean {
  return hidden.test(head.toString('latin1')) || hidden.test(body.toString('latin1'));
}

function isWholeWord(body: Buffer, head: Buffer, wanted: ReadonlySet<string>): boolean {
  const text = `${body.toString()} ${head.toString()}`;
  return [...wanted].some((one) => {
    if (one.length < 4) return false;
    for (const spelling of spellings(one))
      for (let at = text.indexOf(spelling); at >= 0; at = text.indexOf(spelling, at + 1))
        if (!/[\w.-]/.test(text[at - 1] ?? ' ') && !/[\w-]/.test(text[at + spelling.length] ?? ' '))
          return true;
    return false;
  });
}

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** The body without the elements of lists that are the person's, each as deep as it can be cut; undefined when nothing can be cut out. */
function cutBody(protocol: string, body: Buffer, wanted: ReadonlySet<string>): Buffer | undefined {
  if (protocol === 'syslog' || protocol === 'logplex') return cutFrames(body, wanted);
  const text = body.toString();
  const first = /\S/.exec(text)?.[0];
  if (first === '{' || first === '[') return cutJson(text, wanted) ?? cutLines(text, wanted);
  // protobuf counts its bytes
  return protocol === 'otlp' ? undefined : (cutForm(text, wanted) ?? cutLines(text, wanted));
}

/** Messages with their count of bytes in front. */
function cutFrames(body: Buffer, wanted: ReadonlySet<string>): Buffer | undefined {
  const kept: Buffer[] = [];
  let cut = false;
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(body.toString('latin1', at, space));
    if (!Number.isSafeInteger(length) || length <= 0) return undefined;
    const end = Math.min(body.length, space + 1 + length);
    if (isWholeWord(body.subarray(space + 1, end), empty, wanted)) cut = true;
    else kept.push(body.subarray(at, end));
    at = end;
  }
  return cut ? Buffer.concat(kept) : undefined;
}

function cutJson(text: string, wanted: ReadonlySet<string>): Buffer | undefined {
  try {
    const json = JSON.parse(text) as Json;
    const left = cut(json, '', wanted);
    return left === json || left === undefined ? undefined : Buffer.from(JSON.stringify(left));
  } catch {
    return undefined;
  }
}

/** Names under which an id says whose something is; under others it is only spoken of. */
const identity =
  /user|anon|distinct|device|visitor|client|previous|alias|mail|identi|person|customer|value|^(?:u|a|uid|cid|id|_id|duid|nuid|tnuid|sub|who)$/i;

/** The same value where nobody is named; undefined where it names the person outside of a list. */
function cut(json: Json, name: string, wanted: ReadonlySet<string>): Json | undefined {
  if (typeof json === 'string') return isNamedIn(json, name, wanted) ? undefined : json;
  if (typeof json === 'number') return identity.test(name) && wanted.has(String(json)) ? undefined : json;
  if (json === null || typeof json === 'boolean') return json;
  if (Array.isArray(json)) {
    const left = json.map((one) => cut(one, name, wanted));
    if (left.every((one, index) => one === json[index])) return json;
    // a pair of OpenTelemetry or a list of words is part of what it describes
    const isPart = json.every((one) => (typeof one === 'object' ? isPair(one) : !isQuery(one)));
    return isPart ? undefined : left.filter((one) => one !== undefined);
  }
  let changed = false;
  const result: Record<string, Json> = {};
  for (const [of, value] of Object.entries(json)) {
    const left = cut(value, of, wanted);
    if (left === undefined) return undefined;
    changed ||= left !== value;
    result[of] = left;
  }
  return changed ? result : json;
}

function isPair(json: Json): boolean {
  return typeof json === 'object' && json !== null && 'key' in json && 'value' in json;
}

/** Matomo's requests in bulk. */
function isQuery(json: Json): boolean {
  return typeof json === 'string' && json.startsWith('?');
}

function isNamedIn(text: string, name: string, wanted: ReadonlySet<string>): boolean {
  if (isQuery(text))
    return [...new URLSearchParams(text)].some(([of, value]) => isNamedIn(value, of, wanted));
  return identity.test(name) && (wanted.has(text) || wanted.has(text.toLowerCase()));
}

/** Lines of JSON or of text; one that names the person goes. */
function cutLines(text: string, wanted: ReadonlySet<string>): Buffer | undefined {
  const lines = text.split('\n');
  if (lines.length < 2) return undefined;
  const left = lines.filter((line) => !isWholeWord(Buffer.from(line), empty, wanted));
  if (left.length === lines.length) return undefined;
  return Buffer.from(left.some((line) => line.trim() !== '') ? left.join('\n') : '');
}

const empty = Buffer.alloc(0);

/** `data=` and JSON, in base64 or not. */
function cutForm(text: string, wanted: ReadonlySet<string>): Buffer | undefined {
  if (!/^[\w.-]{1,64}=/.test(text)) return undefined;
  const form = new URLSearchParams(text);
  const data = form.get('data');
  if (data === null) return undefined;
  const isPlain = /^\s*[[{]/.test(data);
  const left = cutJson(isPlain ? data : Buffer.from(data.replaceAll(' ', '+'), 'base64').toString(), wanted);
  if (!left) return undefined;
  form.set('data', isPlain ? left.toString() : left.toString('base64'));
  return Buffer.from(form.toString());
}
