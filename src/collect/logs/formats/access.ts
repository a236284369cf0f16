import type { JsonValue } from '../../../contract/event.ts';
import { plainAddress } from '../../accept/address.ts';
import { type LineFormat, maxPairs, type ReadLine, type ServedRequest } from '../line.ts';
import { severityOfStatus } from '../severity.ts';
import { logTime } from '../time.ts';

/**
 * Access logs of nginx and Apache: common, combined, with a virtual host in front, with X-Forwarded-For in front or behind,
 * and with more fields at the end (quoted, bare, or `name=value`). Attributes have OpenTelemetry's names for HTTP.
 */
export const access: LineFormat = { name: 'access', read };

const time = /\[(\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d(?:\.\d{1,9})?(?: [+-]\d{4})?)\] "/;
/** Addresses and user stand before the time; what has more is no access log. */
const maxHead = 2_000;
const maxExtra = 50;

function read(line: string): ReadLine | undefined {
  const found = time.exec(line.length > maxHead ? line.slice(0, maxHead) : line);
  if (!found) return undefined;
  const timestamp = logTime(found[1]);
  const head = line
    .slice(0, found.index)
    .split(/[\s,]+/, 60)
    .filter(Boolean);
  const fields = fieldsOf(line, found.index + found[0].length - 1);
  const [request, status, size] = fields;
  if (timestamp === undefined || head.length === 0 || request?.quoted !== true) return undefined;
  if (!/^(?:\d{3}|-)$/.test(status?.text ?? '') || !/^(?:\d{1,15}|-)$/.test(size?.text ?? ''))
    return undefined;

  const code = status?.text === '-' ? undefined : Number(status?.text);
  const user = head.length >= 3 ? present(head.at(-1)) : undefined;
  const who = head.length >= 3 ? head.slice(0, -2) : head;
  const served = requestOf(request.text, who, fields, code ?? 0);
  const attributes = attributesOf(served, who, fields);
  put(attributes, 'user.name', user);
  put(attributes, 'http.response.status_code', code);
  extras(fields.slice(fields[3]?.quoted && fields[4]?.quoted ? 5 : 3), attributes);
  return {
    timestamp,
    severity: code === undefined ? undefined : severityOfStatus(code),
    body: line,
    attributes,
    userId: user,
    request: served.method === '' ? undefined : served,
  };
}

type Attributes = Record<string, JsonValue>;

function put(into: Attributes, name: string, value: JsonValue | undefined): void {
  if (value !== undefined) into[name] = value;
}

function attributesOf(served: ServedRequest, who: readonly string[], fields: readonly Field[]): Attributes {
  const attributes: Attributes = {};
  const [request, , size] = fields;
  put(attributes, 'client.address', served.address || who.at(-1));
  if (who.length > 1) {
    if (plainAddress(who[0] ?? '') === '') put(attributes, 'server.address', who[0]);
    put(attributes, 'http.forwarded', forwarded(who));
  }
  if (served.method === '') put(attributes, 'http.request.line', request?.text);
  else {
    put(attributes, 'http.request.method', served.method);
    put(attributes, 'url.path', served.path);
    put(attributes, 'url.query', served.query || undefined);
    put(attributes, 'network.protocol.version', /HTTP\/([\d.]{1,5})$/.exec(request?.text ?? '')?.[1]);
  }
  put(attributes, 'http.response.body.size', size?.text === '-' ? undefined : Number(size?.text));
  put(attributes, 'http.request.header.referer', served.referer);
  put(attributes, 'user_agent.original', served.userAgent);
  return attributes;
}

interface Field {
  readonly text: string;
  readonly quoted: boolean;
}

/** Fields from `at` on: quoted ones with backslash escapes, bare ones up to the next space. */
function fieldsOf(line: string, at: number): Field[] {
  const fields: Field[] = [];
  let from = at;
  while (from < line.length && fields.length < maxExtra) {
    if (line.charCodeAt(from) === 0x20) {
      from++;
      continue;
    }
    const quoted = line.charCodeAt(from) === 0x22;
    const end = quoted ? closing(line, from + 1) : bareEnd(line, from);
    fields.push({ text: unescaped(line.slice(quoted ? from + 1 : from, end)), quoted });
    from = end + 1;
  }
  return fields;
}

/** Up to the next space, but not inside the quotes of `name="a b"`. */
function bareEnd(line: string, from: number): number {
  let at = from;
  while (at < line.length && line.charCodeAt(at) !== 0x20) {
    at = line.charCodeAt(at) === 0x22 ? closing(line, at + 1) + 1 : at + 1;
  }
  return Math.min(at, line.length);
}

function closing(line: string, from: number): number {
  let at = from;
  while (at < line.length && line.charCodeAt(at) !== 0x22) at += line.charCodeAt(at) === 0x5c ? 2 : 1;
  return Math.min(at, line.length);
}

/** nginx writes `\xHH` for bytes, Apache also `\"`, `\\`, `\n`, `\t`. */
function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  const named: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };
  return text.replace(/(?:\\x[\dA-Fa-f]{2})+|\\(.)/gs, (all, one?: string) =>
    one === undefined ? Buffer.from(all.replaceAll('\\x', ''), 'hex').toString() : (named[one] ?? one),
  );
}

function requestOf(
  line: string,
  who: readonly string[],
  fields: readonly Field[],
  status: number,
): ServedRequest {
  const [, method = '', target = ''] = /^([A-Z]{3,20}) (\S{1,65536})(?: HTTP\/[\d.]{1,5})?$/.exec(line) ?? [];
  const mark = target.indexOf('?');
  const agents = fields[3]?.quoted && fields[4]?.quoted;
  return {
    method,
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? '' : target.slice(mark + 1),
    status,
    address: addressOf(who, fields),
    referer: agents ? present(fields[3]?.text) : undefined,
    userAgent: agents ? present(fields[4]?.text) : undefined,
  };
}

/** The client's: the first of X-Forwarded-For when the line has it, else the connection's. */
function addressOf(who: readonly string[], fields: readonly Field[]): string {
  const behind = fields.slice(5).find(({ text, quoted }) => quoted && isAddressList(text));
  const candidates = behind ? [...behind.text.split(','), ...who] : who;
  return candidates.map(plainAddress).find((address) => address !== '') ?? '';
}

function isAddressList(text: string): boolean {
  return text.length < 1_000 && text !== '' && text.split(',').every((one) => plainAddress(one) !== '');
}

function forwarded(who: readonly string[]): string | undefined {
  const addresses = who.map(plainAddress).filter((address) => address !== '');
  return addresses.length > 1 ? addresses.join(', ') : undefined;
}

/** What a site adds to its log format. The first number with a fraction is the time taken, as everybody puts it there. */
function extras(fields: readonly Field[], into: Attributes): void {
  const rest: string[] = [];
  let took = false;
  for (const { text, quoted } of fields.slice(0, maxPairs)) {
    const [, name, value = ''] = /^([A-Za-z_][\w.-]{0,63})="?([^"]*)"?$/s.exec(quoted ? '' : text) ?? [];
    if (name !== undefined) put(into, name, /^\d{1,12}(?:\.\d{1,9})?$/.test(value) ? Number(value) : value);
    else if (quoted && isAddressList(text)) put(into, 'http.request.header.x-forwarded-for', text);
    else if (!quoted && !took && /^\d{1,9}\.\d{1,9}$/.test(text)) {
      took = true;
      put(into, 'http.server.request.duration', Number(text));
    } else if (text !== '-' && text !== '') rest.push(text);
  }
  if (rest.length > 0) put(into, 'access.extra', rest);
}

function present(text: string | undefined): string | undefined {
  return text === undefined || text === '' || text === '-' ? undefined : text;
}
