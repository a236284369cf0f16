import type { Clock } from '../runtime/clock.ts';
import type { Model } from './definition.ts';
import type { Graph } from './graph.ts';
import type { Header } from './header.ts';
import type { Build } from './state.ts';
import type { Statements } from './statements.ts';
import type { Step } from './step.ts';

/** What a run has at hand while it carries out a plan. */
export interface Applying {
  readonly statements: Statements;
  readonly graph: Graph;
  readonly clock: Clock;
  /** Id of the run; also in the names of the tables that it builds. */
  readonly run: string;
  /** Nominal time, seconds since the epoch. */
  readonly now: number;
  /** The tables that were in `mart` when the run began. */
  readonly state: ReadonlyMap<string, Build>;
  /** Builds that are in `mart` now, by model. */
  readonly builds: Map<string, string>;
}

export interface Outcome {
  /** Rows that were written. */
  readonly rows: number;
  /** False when everything was as it was: children need not follow. */
  readonly changed: boolean;
}

/** How a kind of model is brought up to date. */
export interface Kind<H extends Header = Header> {
  /** Names of query parameters that its SQL must have, and may have. */
  readonly parameters: { readonly needs: readonly string[]; readonly may: readonly string[] };
  apply(model: Model<H>, step: Step, applying: Applying): Promise<Outcome>;
}
