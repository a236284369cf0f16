import type { EndpointName, Input, Output } from '../src/contract/endpoints.ts';
import { prepareRequest } from './request.ts';
import { routes } from './routes.ts';

/** An error of the API, in the words of its table: what happened (message) and what to do (advice). */
export class CallError extends Error {
  readonly code: string;
  readonly advice: string;
  readonly status: number;

  constructor(status: number, code: string, message: string, advice: string) {
    super(message);
    this.name = 'CallError';
    this.status = status;
    this.code = code;
    this.advice = advice;
  }
}

/** Calls one endpoint of the contract. Throws `CallError`, or the abort of `signal`. */
export async function call<Name extends EndpointName>(
  name: Name,
  input: Input<Name>,
  signal?: AbortSignal,
): Promise<Output<Name>> {
  const { method, url, body } = prepareRequest(routes[name], input);
  const response = await send(url, {
    method,
    credentials: 'same-origin',
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body }),
    ...(signal === undefined ? {} : { signal }),
  });
  const answer: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw errorOf(response.status, answer);
  // The server checks its answers against the same schema; checking again here would bring zod into the browser.
  return answer as Output<Name>;
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'AbortError') throw thrown;
    throw new CallError(
      0,
      'unreachable',
      'The server did not answer.',
      'Check that Tributary is running and that this device is online; this page tries again by itself.',
    );
  }
}

/** Reads the API's `{ error: { code, message, advice } }`, or makes an error from the status when something in between answered. */
export function errorOf(status: number, answer: unknown): CallError {
  const body = typeof answer === 'object' && answer !== null && 'error' in answer ? answer.error : undefined;
  const fields = typeof body === 'object' && body !== null ? body : {};
  const code = 'code' in fields && typeof fields.code === 'string' ? fields.code : 'unexpected';
  const message =
    'message' in fields && typeof fields.message === 'string'
      ? fields.message
      : `The server answered ${status}.`;
  const advice =
    'advice' in fields && typeof fields.advice === 'string' ? fields.advice : 'Try again in a moment.';
  return new CallError(status, code, message, advice);
}
