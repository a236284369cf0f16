import type { Config } from '../config.ts';

export interface CommandContext {
  readonly config: Config;
  /** Options as given, for handing them on to a role's own process. */
  readonly flags: Readonly<Record<string, string>>;
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Command {
  /** Words after the name, as shown in the help. */
  readonly usage: string;
  /** Empty for the roles that `start` runs by itself. */
  readonly summary: string;
  /** Options of this command alone, beside those of the configuration; each takes a value. */
  readonly options?: readonly string[];
  /** Options of this command alone that are on or off. */
  readonly switches?: readonly string[];
  /** The file that explains it. */
  readonly guide?: string;
  /** Resolves with the exit code. */
  run(context: CommandContext): Promise<number>;
}
