import { createSocket } from 'node:dgram';
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { FrameBuffer } from './frame-buffer.ts';

export interface SyslogOptions {
  readonly host: string;
  /** 0: off. */
  readonly tcpPort: number;
  /** 0: off. */
  readonly udpPort: number;
  /** Resolves when the messages of one sender are durable. Rejects when they are not; then it is asked again. */
  readonly accept: (messages: readonly Buffer[], address: string) => Promise<void>;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface SyslogListeners {
  /** The ports that are listened on. */
  readonly tcpPort: number | undefined;
  readonly udpPort: number | undefined;
  /** Resolves when what was received is durable or given up. */
  close(): Promise<void>;
}

const maxConnections = 1_000;
/** Senders keep their connections open; one that says nothing for this long is gone. */
const idle = 10 * 60_000;
/** UDP cannot be told to wait: what comes while this much waits for the disk is lost, and counted. */
const maxWaiting = 8 * 1024 * 1024;
/** What a datagram costs beside its bytes: of the smallest ones millions would fit otherwise. */
const overhead = 256;
/** Milliseconds that datagrams are collected, so that not each one is written alone. */
const gather = 20;
const retryPause = 1_000;

/** Listens for syslog. TCP senders are held back while the disk is busy; what UDP loses is counted. */
export async function listenSyslog(options: SyslogOptions): Promise<SyslogListeners> {
  const stop = new AbortController();
  const tcp = options.tcpPort === 0 ? undefined : await listenTcp(options, stop.signal);
  const udp = options.udpPort === 0 ? undefined : await listenUdp(options, stop.signal);
  return {
    tcpPort: tcp?.port,
    udpPort: udp?.port,
    close: async () => {
      stop.abort();
      await Promise.all([tcp?.close(), udp?.close()]);
    },
  };
}

interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

async function listenTcp(options: SyslogOptions, signal: AbortSignal): Promise<Listener> {
  const connections = new Set<Promise<void>>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const served = serve(socket, options, signal).finally(() => {
      sockets.delete(socket);
      connections.delete(served);
    });
    connections.add(served);
  });
  server.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(portOf(options.tcpPort), options.host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroySoon();
      await Promise.all(connections);
    },
  };
}

/** Reads one connection; the next chunk is read when the messages of this one are durable. */
async function serve(socket: Socket, options: SyslogOptions, signal: AbortSignal): Promise<void> {
  const { logger } = options;
  const frames = new FrameBuffer();
  const address = socket.remoteAddress ?? '';
  socket.setTimeout(idle, () => socket.destroy());
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      const messages = frames.push(chunk);
      if (messages.length > 0) await keep(options, messages, address, 'tcp', signal);
    }
    const rest = frames.rest();
    if (rest) await keep(options, [rest], address, 'tcp', signal);
  } catch (error) {
    if (!signal.aborted) logger.warn('a syslog connection was ended', { error: messageOf(error) });
    socket.destroy();
  }
}

async function keep(
  { accept, metrics, logger }: SyslogOptions,
  messages: readonly Buffer[],
  address: string,
  transport: string,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await accept(messages, address);
      metrics.count(
        'syslog_messages_total',
        'Messages that the syslog listeners took.',
        { transport },
        messages.length,
      );
      return;
    } catch (error) {
      if (signal.aborted) throw error;
      if (attempt === 0) logger.warn('syslog messages wait for the log', { error: messageOf(error) });
      await sleep(retryPause, undefined, { signal });
    }
  }
}

async function listenUdp(options: SyslogOptions, signal: AbortSignal): Promise<Listener> {
  const socket = createSocket({
    type: options.host.includes(':') ? 'udp6' : 'udp4',
    recvBufferSize: maxWaiting / 2,
  });
  const waiting = new Map<string, Buffer[]>();
  let size = 0;
  let writing: Promise<void> | undefined;
  const write = async (): Promise<void> => {
    await sleep(gather);
    for (let [next] = waiting; next; [next] = waiting) {
      const [address, messages] = next;
      waiting.delete(address);
      const bytes = messages.reduce((sum, { length }) => sum + length + overhead, 0);
      await keep(options, messages, address, 'udp', signal).catch(() => undefined);
      size -= bytes;
    }
    writing = undefined;
  };
  socket.on('message', (message, { address }) => {
    if (message.length === 0) return;
    if (size + message.length + overhead > maxWaiting) {
      options.metrics.count('syslog_lost_total', 'Datagrams that came faster than the disk takes them.');
      return;
    }
    size += message.length + overhead;
    const known = waiting.get(address);
    if (known) known.push(message);
    else waiting.set(address, [message]);
    writing ??= write();
  });
  socket.on('error', (error) => options.logger.warn('syslog by UDP', { error: messageOf(error) }));
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(portOf(options.udpPort), options.host, () => {
      socket.off('error', reject);
      resolve();
    });
  });
  return {
    port: socket.address().port,
    close: async () => {
      socket.close();
      await writing;
    },
  };
}

/** Any free port, since 0 is off. */
export const anyPort = -1;

function portOf(asked: number): number {
  return asked === anyPort ? 0 : asked;
}
