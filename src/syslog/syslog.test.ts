import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { silentLogger } from '../runtime/logger.ts';
import { Metrics } from '../runtime/metrics.ts';
import { FrameBuffer } from './frame-buffer.ts';
import { anyPort, listenSyslog, type SyslogOptions } from './syslog.ts';

const counted = (text: string) => `${Buffer.byteLength(text)} ${text}`;

describe('frames', () => {
  const cut = (...chunks: (string | Buffer)[]) => {
    const buffer = new FrameBuffer();
    const messages = chunks.flatMap((chunk) => buffer.push(Buffer.from(chunk)));
    return [...messages, buffer.rest() ?? []].map(String).filter((text) => text !== '');
  };

  it.each([
    ['counted', `${counted('<1>ü\nb')}${counted('<2>c')}`, ['<1>ü\nb', '<2>c']],
    ['by lines', '<1>a\n\n<2>b\n', ['<1>a', '<2>b']],
    ['both', `${counted('<1>a')}<2>b\n${counted('<3>c')}`, ['<1>a', '<2>b', '<3>c']],
    ['a line that begins with digits', '2026-01-01 x\n', ['2026-01-01 x']],
    ['the last without an end', '<1>a\n<2>b', ['<1>a', '<2>b']],
  ])('%s, in whatever pieces they come', (_name, text, expected) => {
    expect(cut(text)).toEqual(expected);
    expect(cut(...[...Buffer.from(text)].map((byte) => Buffer.from([byte])))).toEqual(expected);
  });

  it('a message that is announced too long, or a line without an end, ends the stream', () => {
    expect(() => cut('9999999 x')).toThrow('9999999 bytes');
    expect(() => cut('x'.repeat(300_000))).toThrow('longer than');
  });

  it('any bytes give messages or an error of the framing', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (chunks) => {
        const buffer = new FrameBuffer();
        for (const chunk of chunks) buffer.push(Buffer.from(chunk));
      }),
    );
  });
});

describe('listeners', () => {
  async function listening(accept?: SyslogOptions['accept']) {
    const messages: string[] = [];
    const metrics = new Metrics();
    const take: SyslogOptions['accept'] = async (some) => {
      messages.push(...some.map(String));
    };
    const listeners = await listenSyslog({
      host: '127.0.0.1',
      tcpPort: anyPort,
      udpPort: anyPort,
      accept: accept ?? take,
      logger: silentLogger,
      metrics,
    });
    onTestFinished(() => listeners.close());
    return { ...listeners, messages, metrics };
  }

  it('take messages by TCP and UDP', async () => {
    const { tcpPort = 0, udpPort = 0, messages, metrics } = await listening();
    const socket = connect(tcpPort, '127.0.0.1');
    socket.end(`${counted('<1>a')}<2>b\n<3>no end`);
    const datagrams = createSocket('udp4');
    for (const text of ['<4>d', '<5>e']) datagrams.send(text, udpPort, '127.0.0.1');
    await expect.poll(() => messages.toSorted()).toEqual(['<1>a', '<2>b', '<3>no end', '<4>d', '<5>e']);
    datagrams.close();
    expect(metrics.toString()).toContain('syslog_messages_total{transport="tcp"} 3');
  });

  it('a connection that cannot be followed is ended, and the others go on', async () => {
    const { tcpPort = 0, messages } = await listening();
    const broken = connect(tcpPort, '127.0.0.1').on('error', () => undefined);
    const ended = new Promise((resolve) => broken.once('close', resolve));
    broken.write('9999999 x');
    broken.resume();
    await ended;
    connect(tcpPort, '127.0.0.1').end('<1>a\n');
    await expect.poll(() => messages).toEqual(['<1>a']);
  });

  it('what the log does not take is offered again', async () => {
    const taken: string[] = [];
    let failures = 1;
    const { tcpPort = 0 } = await listening(async (some) => {
      if (failures-- > 0) throw new Error('full');
      taken.push(...some.map(String));
    });
    connect(tcpPort, '127.0.0.1').end('<1>a\n');
    await expect.poll(() => taken, { timeout: 5_000 }).toEqual(['<1>a']);
  });
});
