import { packed, reasonOf } from '../../contract/bots.ts';
import { type BotLayer, botLayers } from '../../contract/project-settings.ts';
import type { Draft } from '../step.ts';
import type { Habits } from './habits.ts';

/** What a layer says of an event. */
export interface Finding {
  /** 0…100: how sure the layer alone is that a program made the event. 50 is enough by default. */
  readonly score: number;
  /** The score in the place of the layer. */
  readonly packed: number;
  /** The layer, the score and why. */
  readonly reason: string;
}

/**
 * One way to tell a program from a person. It may change the visitor's habits (undefined when nobody knows whose event it is), and must know
 * nothing that a replay would answer differently.
 */
export interface Layer {
  readonly name: BotLayer;
  find(draft: Draft, habits: Habits | undefined): Finding;
}

/** Nothing to say. */
export const nothing: Finding = Object.freeze({ score: 0, packed: 0, reason: '' });

/** Texts become a column in which every distinct one is stored once: words must be of a small set. */
export function finding(layer: BotLayer, score: number, words: string): Finding {
  const bounded = Math.min(100, score);
  return {
    score: bounded,
    packed: packed(botLayers.indexOf(layer), bounded),
    reason: reasonOf([{ layer, score: bounded, words: words.slice(0, 160) }]),
  };
}

export interface Suspicion {
  readonly score: number;
  readonly words: string;
}

/** Facts that a layer found independently of each other: scores add up. */
export function together(layer: BotLayer, found: readonly Suspicion[]): Finding {
  if (found.length === 0) return nothing;
  let score = 0;
  for (const one of found) score += one.score;
  return finding(
    layer,
    score,
    found
      .slice(0, 3)
      .map(({ words }) => words)
      .join(', '),
  );
}
