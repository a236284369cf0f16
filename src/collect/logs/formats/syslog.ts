import type { JsonValue } from '../../../contract/event.ts';
import { contextOf } from '../context.ts';
import { type LineFormat, maxPairs, type ReadLine } from '../line.ts';
import { severityOfWord, syslogSeverity, syslogWords } from '../severity.ts';
import { assembled, logTime, monthOf } from '../time.ts';

/**
 * Syslog as RFC 5424, as RFC 3164 describes what was there before, as Heroku's Logplex sends it (5424 without structured
 * data), and as it stands in files, without the priority. The message is read again by the other formats.
 */
export const syslog: LineFormat = { name: 'syslog', read };

const facilities =
  'kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp audit alert clock local0 local1 local2 local3 local4 local5 local6 local7'.split(
    ' ',
  );
const day = 86_400_000;

function read(line: string, now: number): ReadLine | undefined {
  if (line.startsWith('<')) {
    const [all = '', digits] = /^<(\d{1,3})>/.exec(line) ?? [];
    const priority = Number(digits);
    if (digits === undefined || priority > 191) return undefined;
    const rest = line.slice(all.length);
    const head = {
      severity: syslogSeverity(priority & 7),
      severityText: syslogWords[priority & 7],
      facility: facilities[priority >> 3] ?? '',
    };
    return modern(rest, head) ?? old(rest, head, now) ?? plain(rest, head);
  }
  return old(line, undefined, now);
}

interface Head {
  readonly severity: number | undefined;
  readonly severityText: string | undefined;
  readonly facility: string;
}

interface Parts extends Pick<ReadLine, 'timestamp' | 'host' | 'service'> {
  readonly process?: string | undefined;
  readonly messageId?: string | undefined;
  readonly data?: Record<string, JsonValue> | undefined;
}

function assemble(head: Head | undefined, parts: Parts, message: string): ReadLine {
  const attributes: Record<string, JsonValue> = {};
  if (head) attributes['syslog.facility'] = head.facility;
  if (parts.process !== undefined) attributes['syslog.procid'] = parts.process;
  if (parts.messageId !== undefined) attributes['syslog.msgid'] = parts.messageId;
  if (parts.data !== undefined) attributes['syslog.structured_data'] = parts.data;
  return {
    timestamp: parts.timestamp,
    severity: head?.severity,
    severityText: head?.severityText,
    host: parts.host,
    service: parts.service,
    body: message,
    attributes,
    inner: message === '' ? undefined : message,
    ...(parts.data === undefined ? undefined : contextOf(Object.assign({}, ...Object.values(parts.data)))),
  };
}

const header = /^[1-9]\d{0,2} (\S{1,64}) (\S{1,255}) (\S{1,255}) (\S{1,255}) (\S{1,64})(?: |$)/;

function modern(text: string, head: Head): ReadLine | undefined {
  const [all = '', time, host, service, process, messageId] = header.exec(text) ?? [];
  if (time === undefined) return undefined;
  const timestamp = time === '-' ? undefined : logTime(time);
  if (time !== '-' && timestamp === undefined) return undefined;
  const { data, end } = structuredData(text, all.length);
  const parts = { timestamp, host: present(host), service: present(service), process: present(process) };
  const message = text.slice(end).replace(/^(?:\uFEFF|\xEF\xBB\xBF)/, '');
  return assemble(head, { ...parts, messageId: present(messageId), data }, message);
}

/** Logplex leaves it out, so that `-` or `[id name="…"]` count only when they are well formed; else it is the message. */
function structuredData(text: string, from: number): { data?: Record<string, JsonValue>; end: number } {
  if (text.charCodeAt(from) === 0x2d && (text.length === from + 1 || text.charCodeAt(from + 1) === 0x20))
    return { end: Math.min(text.length, from + 2) };
  const data: Record<string, JsonValue> = {};
  let at = from;
  let count = 0;
  while (text.charCodeAt(at) === 0x5b) {
    const element = elementAt(text, at);
    if (!element || count++ > maxPairs) return { end: from };
    if (element.id !== '__proto__') data[element.id] = element.parameters;
    at = element.end;
  }
  if (at === from || (at < text.length && text.charCodeAt(at) !== 0x20)) return { end: from };
  return { data, end: Math.min(text.length, at + 1) };
}

interface Element {
  readonly id: string;
  readonly parameters: Record<string, JsonValue>;
  readonly end: number;
}

const elementId = /\[([^\s=\]"]{1,64})(?=[ \]])/y;
const parameter = / {1,3}([^\s=\]"]{1,64})="/y;

function elementAt(text: string, from: number): Element | undefined {
  elementId.lastIndex = from;
  const id = elementId.exec(text)?.[1];
  if (id === undefined) return undefined;
  const parameters: Record<string, JsonValue> = {};
  let at = from + 1 + id.length;
  let count = 0;
  for (parameter.lastIndex = at; count <= maxPairs; parameter.lastIndex = at) {
    const found = parameter.exec(text);
    if (!found) break;
    const start = at + found[0].length;
    let end = start;
    while (end < text.length && text.charCodeAt(end) !== 0x22) end += text.charCodeAt(end) === 0x5c ? 2 : 1;
    if (end >= text.length) return undefined;
    const name = found[1] ?? '';
    if (name !== '__proto__') parameters[name] = text.slice(start, end).replace(/\\(["\\\]])/g, '$1');
    at = end + 1;
    count++;
  }
  if (text.charCodeAt(at) !== 0x5d) return undefined;
  // `[error] …` is the beginning of a message, not data
  return count > 0 || id.includes('@') ? { id, parameters, end: at + 1 } : undefined;
}

const oldTime = /^([A-Z][a-z]{2}) ([ \d]?\d) (?:(\d{4}) )?(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))? /;
const isoTime = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) /;
const tag = /^([^\s:[\]]{1,64})(?:\[([^\]\s]{1,64})\])?:(?: |$)/;

function old(text: string, head: Head | undefined, now: number): ReadLine | undefined {
  const dated = oldTime.exec(text);
  const iso = dated ? null : isoTime.exec(text);
  const timestamp = dated ? yearless(dated, now) : logTime(iso?.[1]);
  if (timestamp === undefined) return undefined;
  const rest = text.slice((dated ?? iso)?.[0].length);
  const local = tag.exec(rest);
  if (local && head) return tagged(head, { timestamp }, local, rest);
  const [all = '', host] = /^(\S{1,255}) {1,3}/.exec(rest) ?? [];
  if (host === undefined) return undefined;
  const remote = tag.exec(rest.slice(all.length));
  if (remote && (head || severityOfWord(host) === undefined))
    return tagged(head, { timestamp, host }, remote, rest.slice(all.length));
  return head ? assemble(head, { timestamp, host }, rest.slice(all.length)) : undefined;
}

function tagged(head: Head | undefined, parts: Parts, found: RegExpExecArray, rest: string): ReadLine {
  return assemble(head, { ...parts, service: found[1], process: found[2] }, rest.slice(found[0].length));
}

/** Without a year: the one in which the time is not more than a day ahead. Without a zone: UTC. */
function yearless([, month = '', date, stated, ...clock]: RegExpExecArray, now: number): number | undefined {
  const [hour, minute, second, fraction] = clock;
  const at = (year: number) =>
    assembled([year, monthOf(month) ?? 0, ...[date, hour, minute, second].map(Number)], fraction);
  if (stated !== undefined) return at(Number(stated));
  const year = new Date(now).getUTCFullYear();
  // on New Year's Eve a clock that is ahead writes January
  for (const candidate of [year + 1, year, year - 1]) {
    const time = at(candidate);
    if (time !== undefined && time <= now + day) return time;
  }
  return undefined;
}

function plain(text: string, head: Head): ReadLine {
  const found = tag.exec(text);
  return found ? tagged(head, {}, found, text) : assemble(head, {}, text);
}

function present(text: string | undefined): string | undefined {
  return text === undefined || text === '-' ? undefined : text;
}
