// A program of its own for crash.test.ts: appends to a log and archives it as fast as it can, until it is killed.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLogReader, openLogWriter } from '../log/log.ts';
import { systemClock } from '../runtime/clock.ts';
import { createLogger } from '../runtime/logger.ts';
import { Archiver } from './archiver.ts';

const [folder = ''] = process.argv.slice(2);
const writer = await openLogWriter(join(folder, 'log'));
const { signal } = new AbortController();
const archiver = new Archiver({
  log: openLogReader(join(folder, 'log')),
  lake: join(folder, 'lake'),
  days: 30,
  clock: systemClock,
  logger: createLogger('archive', 'error'),
  signal,
  delay: 0,
});

async function client(name: number): Promise<never> {
  for (let number = 0; ; number++) {
    await writer.append({
      // hours change all the time, so that folders do, and pieces are merged
      receivedAt: Date.now() - ((number >>> 5) % 2) * 3_600_000,
      project: `p${name % 2}`,
      key: '',
      visitor: '',
      protocol: 'segment',
      method: 'POST',
      path: '/v1/track',
      query: '',
      headers: { 'x-number': `${name}.${number}` },
      address: '',
      body:
        number % 7 === 0
          ? Buffer.from([number, 255, name])
          : Buffer.from(`${name} ${number} `.padEnd(700, 'x')),
    });
  }
}
void Promise.all(Array.from({ length: 6 }, (_, name) => client(name)));
process.stdout.write('ready\n');
for (;;) {
  await archiver.turn();
  // clients have their turn too
  await sleep(1);
}
