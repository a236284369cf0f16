import { type IpPrivacy, privateAddress } from '../collect/accept/address.ts';
import { hideInBytes } from '../collect/logs/addresses.ts';
import { counted } from '../collect/logs/frames.ts';
import type { Config } from '../config.ts';
import type { LogWriter } from '../log/log.ts';
import type { Clock } from '../runtime/clock.ts';
import { TributaryError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { KeyLookup } from '../store/store.ts';
import { listenSyslog, type SyslogListeners } from '../syslog/syslog.ts';

export interface SyslogParts {
  readonly log: LogWriter;
  readonly keys: KeyLookup;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** The syslog listeners that the options ask for; their messages become records of the protocol `syslog`. */
export function openSyslog(config: Config, parts: SyslogParts): Promise<SyslogListeners> {
  const { log, keys, clock, logger, metrics } = parts;
  const key = config['syslog-key'];
  return listenSyslog({
    host: config.host,
    tcpPort: config['syslog-tcp-port'],
    udpPort: config['syslog-udp-port'],
    logger,
    metrics,
    accept: async (messages, address) => {
      const found = await (key === '' ? keys.defaultKey() : keys.keyOf(key));
      if (!found) throw new TributaryError('unknown-key', unknown(key));
      const privacy = config['ip-privacy'];
      await log.append({
        receivedAt: clock.now(),
        project: found.project,
        key: found.id,
        protocol: 'syslog',
        method: 'POST',
        path: '/syslog/v1',
        query: '',
        headers: {},
        address: privateAddress(address, privacy),
        visitor: '',
        body: counted(messages.map((message) => hidden(message, privacy))),
      });
      const labels = { protocol: 'syslog', outcome: 'accepted' };
      metrics.count('collector_requests_total', 'Requests of trackers by what became of them.', labels);
    },
  });
}

function unknown(key: string): string {
  return key === ''
    ? 'no project takes syslog messages without a key; set the option syslog-key'
    : 'the option syslog-key names no write key';
}

function hidden(message: Buffer, privacy: IpPrivacy): Buffer {
  if (privacy === 'keep') return message;
  return hideInBytes(message, (address) => privateAddress(address, privacy));
}
