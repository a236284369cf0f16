import type { JsonValue } from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { plainAddress } from '../accept/address.ts';
import { parameter } from '../event/payload-forms.ts';

/** What is the same for all of a request. */
export interface Sender {
  readonly record: LogRecord;
  readonly inBrowser: boolean;
  /** The address of the connection, where the client says that it is the user's own. */
  readonly address: string | undefined;
}

export function senderOf(record: LogRecord): Sender {
  const inBrowser = record.headers.origin !== undefined;
  // `ip=1` in the query says it too; as an address it would not survive being hidden, so it is kept under another name.
  const stated = parameter(record.query, 'use_ip');
  const own = stated === '1' || (stated === undefined && inBrowser);
  return { record, inBrowser, address: own && record.address !== '' ? record.address : undefined };
}

export function statedAddress(value: JsonValue | undefined): string | undefined {
  const stated = typeof value === 'string' ? plainAddress(value) : '';
  return stated === '' ? undefined : stated;
}
