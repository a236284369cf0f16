// A program of its own for sqlite.test.ts: appends as fast as it can and prints the number of each acknowledged request.
import { openLogWriter } from '../log.ts';

const [path = '', run = ''] = process.argv.slice(2);
const writer = await openLogWriter(path);
const encoder = new TextEncoder();
let number = 0;

async function client(): Promise<void> {
  for (;;) {
    const name = `${run}-${++number}`;
    await writer.append({
      receivedAt: Date.now(),
      project: 'p',
      key: '',
      visitor: '',
      protocol: 'segment',
      method: 'POST',
      path: '/v1/track',
      query: '',
      headers: {},
      address: '',
      body: encoder.encode(name.padEnd(2_000)),
    });
    process.stdout.write(`${name}\n`);
  }
}
await Promise.all(Array.from({ length: 32 }, client));
