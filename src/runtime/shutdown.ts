type Cleanup = () => unknown;

/** Runs cleanups in reverse order of registration, once, whoever asks first: a signal or the code. */
export class Shutdown {
  readonly #cleanups: Cleanup[] = [];
  readonly #controller = new AbortController();
  #done: Promise<void> | undefined;

  /** Aborted as soon as the shutdown begins. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  onStop(cleanup: Cleanup): void {
    this.#cleanups.push(cleanup);
  }

  stop(): Promise<void> {
    this.#done ??= this.#run();
    return this.#done;
  }

  /** Stops on SIGINT and SIGTERM, then exits; a second signal exits at once. */
  listen(): void {
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.on(name, () => {
        if (this.signal.aborted) process.exit(1);
        void this.stop().finally(() => process.exit(0));
      });
    }
  }

  async #run(): Promise<void> {
    this.#controller.abort(new Error('shutting down'));
    for (const cleanup of this.#cleanups.reverse()) {
      try {
        await cleanup();
      } catch {
        // one failed cleanup must not keep the others from running
      }
    }
  }
}
