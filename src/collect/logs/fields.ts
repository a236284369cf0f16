import type { JsonObject, JsonValue } from '../../contract/event.ts';
import { isObject, text } from '../event/fields.ts';
import { contextOf } from './context.ts';
import type { ReadLine } from './line.ts';
import { type Severity, severityOf } from './severity.ts';
import { logTime } from './time.ts';

const times = ['@timestamp', 'timestamp', 'time', 'ts', 't', 'datetime', 'date'];
const levels = [
  'level',
  'severity',
  'log.level',
  'levelname',
  'loglevel',
  'lvl',
  'severity_text',
  'severityText',
];
const messages = ['message', 'msg', 'log', 'body', 'text', 'event'];
const services = ['service.name', 'service', 'app', 'application', 'name'];
const hosts = ['host.name', 'hostname', 'host'];

/** The fields of a log line that came as an object; `whole` is the body when no field is a message. */
export function readFields(fields: JsonObject, whole: string): ReadLine {
  const attributes: Record<string, JsonValue> = { ...fields };
  const message = messages.find((name) => typeof fields[name] === 'string' && fields[name] !== '');
  if (message !== undefined) delete attributes[message];
  const { severity, severityText } = levelOf(fields);
  return {
    timestamp: first(fields, times, logTime),
    severity,
    severityText,
    service: first(fields, services, nameOf),
    host: first(fields, hosts, nameOf),
    body: message === undefined ? whole : (text(fields[message]) ?? whole),
    attributes,
    ...contextOf(fields),
  };
}

function levelOf(fields: JsonObject): Severity {
  for (const name of levels) {
    const level = fields[name];
    if (level !== undefined && level !== null && !isObject(level)) return severityOf(level);
  }
  return isObject(fields.log) ? severityOf(fields.log.level) : {};
}

/** `"api"` or `{"name": "api"}`. */
function nameOf(value: JsonValue | undefined): string | undefined {
  if (isObject(value)) return text(value.name) ?? text(value.hostname);
  return typeof value === 'string' ? text(value) : undefined;
}

function first<T>(
  fields: JsonObject,
  names: readonly string[],
  read: (value: JsonValue | undefined) => T | undefined,
): T | undefined {
  for (const name of names) {
    const value = fields[name];
    const found = value === undefined ? undefined : read(value);
    if (found !== undefined) return found;
  }
  return undefined;
}
