import type { JsonValue } from '../../contract/event.ts';
import { isObject } from '../event/fields.ts';
import { parseJson } from '../event/payload.ts';

/** What an action of a bulk request does; `undefined`: none that Elasticsearch knows. */
export type ActionName = 'index' | 'create' | 'update' | 'delete';

/** One action with the bytes of its document. */
export interface Action {
  readonly name: ActionName;
  readonly index: string | undefined;
  readonly id: string | undefined;
  /** Empty for `delete`. */
  readonly source: Buffer;
  /** Why it is not taken; it fails alone. */
  readonly problem: string | undefined;
}

/** The request as a whole is broken from `at` on: what an action line says nobody can guess. */
export interface Broken {
  readonly line: number;
  readonly why: string;
}

const nothing = Buffer.alloc(0);
const newline = 0x0a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const actionNames: readonly string[] = ['index', 'create', 'update', 'delete'];
/** An action line is an index and an id; longer ones are documents in the wrong place. */
const maxActionLine = 16_384;
/** More than any client puts into one request. */
const maxActions = 200_000;

/** The actions of a `_bulk` body in their order, without parsing the documents. */
export function actionsOf(body: Buffer, index: string | undefined): { actions: Action[]; broken?: Broken } {
  const actions: Action[] = [];
  let line = 0;
  for (let at = 0; at < body.length; ) {
    line++;
    const action = lineAt(body, at);
    at = action.next;
    if (action.text.length === 0) continue;
    const read = actionLine(action.text);
    if (typeof read === 'string') return { actions, broken: { line, why: read } };
    if (actions.length >= maxActions)
      return { actions, broken: { line, why: `more than ${maxActions} actions` } };
    const into = read.index ?? index;
    if (read.name === 'delete') {
      actions.push({ ...read, index: into, source: nothing, problem: undefined });
      continue;
    }
    line++;
    const source = at < body.length ? lineAt(body, at) : undefined;
    if (!source) return { actions, broken: { line, why: 'the last action has no document' } };
    at = source.next;
    actions.push({ ...read, index: into, source: source.text, problem: problemOf(source.text, into) });
  }
  return { actions };
}

/** The line from `at` without its end and the spaces around. */
function lineAt(body: Buffer, at: number): { readonly text: Buffer; readonly next: number } {
  const found = body.indexOf(newline, at);
  let end = found < 0 ? body.length : found;
  const next = found < 0 ? body.length : found + 1;
  let start = at;
  while (start < end && isSpace(body[start])) start++;
  while (end > start && isSpace(body[end - 1])) end--;
  return { text: body.subarray(start, end), next };
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0d || byte === 0x09;
}

type ActionLine = Pick<Action, 'name' | 'index' | 'id'>;

let lastLine: Buffer = nothing;
let lastRead: ActionLine | string = 'empty';

/** Shippers write the same action before every document. */
function actionLine(line: Buffer): ActionLine | string {
  if (line.length < 256 && line.equals(lastLine)) return lastRead;
  const read = readAction(line);
  if (line.length < 256) {
    lastLine = Buffer.from(line);
    lastRead = read;
  }
  return read;
}

function readAction(line: Buffer): ActionLine | string {
  if (line.length > maxActionLine) return 'an action line is one short JSON object';
  const parsed = parseJson(line);
  if ('reason' in parsed) return 'an action line is one JSON object';
  const entries = isObject(parsed.json) ? Object.entries(parsed.json) : [];
  const [name = '', fields] = entries[0] ?? [];
  if (entries.length !== 1 || !actionNames.includes(name) || !isObject(fields))
    return 'an action line names one of index, create, update and delete';
  return { name: name as ActionName, index: named(fields._index), id: named(fields._id) };
}

function named(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'number') return `${value}`;
  return typeof value === 'string' && value !== '' ? value.slice(0, 512) : undefined;
}

/** A document is looked at only from outside here: the collector has no time to parse it. */
function problemOf(source: Buffer, index: string | undefined): string | undefined {
  if (index === undefined) return 'no index: name one in the path or in the action';
  if (source[0] !== openBrace || source.at(-1) !== closeBrace)
    return 'failed to parse: the document is no JSON object';
  return undefined;
}
