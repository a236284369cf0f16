import type { AddressInfo } from 'node:net';
import { createLogger } from '../../runtime/logger.ts';
import { Shutdown } from '../../runtime/shutdown.ts';
import { Engine } from './engine.ts';
import { createHttpServer } from './http.ts';
import { type LimitOverrides, limitsFor } from './limits.ts';
import type { User } from './request.ts';

/** Handed over as JSON in the environment variable TRIBUTARY_ENGINE. */
export interface HostConfig {
  readonly dataPath: string;
  readonly host: string;
  /** 0 takes a free one; the message `{ready: true, port}` says which. */
  readonly port: number;
  readonly users: readonly User[];
  readonly limits: LimitOverrides;
}

const logger = createLogger('engine');
const shutdown = new Shutdown();
shutdown.listen();

async function main(): Promise<void> {
  const config = JSON.parse(process.env.TRIBUTARY_ENGINE ?? '') as HostConfig;
  const engine = await Engine.open(config.dataPath, limitsFor(config.limits));
  shutdown.onStop(() => engine.close());
  const server = createHttpServer(engine, config.users);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.port, config.host, resolve);
  });
  shutdown.onStop(() => {
    server.close();
    server.closeIdleConnections();
  });
  const port = (server.address() as AddressInfo).port;
  process.send?.({ ready: true, port });
}

// Without its parent nobody would restart or stop it, and it would keep the data folder locked.
process.once('disconnect', () => {
  setTimeout(() => process.exit(1), 10_000).unref();
  void shutdown.stop().finally(() => process.exit(0));
});

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  logger.error('the warehouse engine did not start', { error: message });
  process.send?.({ ready: false, message });
  process.exit(1);
});
