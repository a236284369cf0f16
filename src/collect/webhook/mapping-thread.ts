import { parentPort } from 'node:worker_threads';
import jsonata from 'jsonata';
import type { JsonValue } from '../../contract/event.ts';

/** One evaluation. JSON travels as text: the result must be JSON in any case. */
export interface MappingTask {
  readonly text: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** Milliseconds: what `$now()` and `$millis()` give, so that a record decodes to the same whenever it is decoded. */
  readonly receivedAt: number;
}

/** `json`: the result, undefined when the expression gave nothing. `slow`: it failed because its time was over. */
export type MappingAnswer =
  | { readonly json: string | undefined }
  | { readonly failed: string; readonly slow?: boolean };

/** Depth of calls, length of lists, and milliseconds; the thread itself ends after more time than that. */
const bounds = { stack: 300, sequence: 100_000, timeout: 1_500 };
const timeoutCode = 'D1012';
const maxExpressions = 100;
const maxResult = 4_000_000;

const expressions = new Map<string, jsonata.Expression>();

function compiled(text: string): jsonata.Expression {
  const known = expressions.get(text);
  if (known) return known;
  if (expressions.size >= maxExpressions) expressions.clear();
  const expression = jsonata(text, bounds);
  for (const name of ['random', 'shuffle', 'eval']) {
    expression.registerFunction(name, () => {
      throw new Error(`$${name} is not there: an event must come out the same each time`);
    });
  }
  expressions.set(text, expression);
  return expression;
}

async function evaluate({ text, body, headers, query, receivedAt }: MappingTask): Promise<MappingAnswer> {
  try {
    const expression = compiled(text);
    expression.registerFunction('millis', () => receivedAt, '<:n>');
    expression.registerFunction('now', () => new Date(receivedAt).toISOString(), '<s?s?:s>');
    const result: unknown = await expression.evaluate(JSON.parse(body) as JsonValue, {
      headers,
      query,
      receivedAt,
    });
    const json: string | undefined = JSON.stringify(result);
    if (json !== undefined && json.length > maxResult) return { failed: 'the result is larger than 4 MB' };
    return { json };
  } catch (error) {
    return { failed: messageOf(error), slow: (error as { code?: unknown } | null)?.code === timeoutCode };
  }
}

/** JSONata throws plain objects with a message and the position in the text. */
function messageOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error).slice(0, 500);
  const { message, position } = error as { message?: unknown; position?: unknown };
  const where = typeof position === 'number' && position > 0 ? ` (at character ${position})` : '';
  return `${String(message).slice(0, 500)}${where}`;
}

parentPort?.on('message', (task: MappingTask) => {
  void evaluate(task).then((answer) => parentPort?.postMessage(answer));
});
parentPort?.postMessage('ready');
