import type { Command } from '../contract/command.ts';
import type { Decoded } from '../contract/event.ts';
import type { AcceptedRequest, LogRecord } from '../contract/request.ts';

/** No path leads here: records of operators are appended by whoever has asked who they are. */
export const operatorProtocol = 'operator';

/** The record by which a command goes through the log. `by`: id of the user or key that gave it. */
export function commandRecord(project: string, command: Command, by: string, now: number): AcceptedRequest {
  return {
    receivedAt: now,
    project,
    key: '',
    protocol: operatorProtocol,
    method: 'POST',
    path: '/operator',
    query: '',
    headers: {},
    address: '',
    visitor: '',
    body: Buffer.from(JSON.stringify({ by, command })),
  };
}

/** The program itself wrote it, so that what cannot be read is of another version. */
export function decodeCommand({ body }: LogRecord): Decoded {
  try {
    const { by, command } = JSON.parse(Buffer.from(body).toString()) as { by: string; command: Command };
    return { events: [], failures: [], commands: [{ by, command }] };
  } catch {
    const detail = 'the record of an operator’s command cannot be read';
    return { events: [], failures: [{ stage: 'decode', reason: 'not JSON', detail }] };
  }
}
