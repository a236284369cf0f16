import { totalOf } from '../../contract/bots.ts';
import type { Memory } from '../memory.ts';
import type { Draft, Step } from '../step.ts';
import { agentLayer } from './agent.ts';
import { behaviourLayer } from './behaviour.ts';
import { contradictionLayer } from './contradiction.ts';
import { habitsOf } from './habits-of.ts';
import type { Layer } from './layer.ts';
import { networkLayer } from './network.ts';
import { rateLayer } from './rate.ts';
import { ofVisitor } from './visitor.ts';

/** THE layers: one more is a file, a line here and its name at the end of `botLayers`. */
const layers: readonly Layer[] = [agentLayer, contradictionLayer, networkLayer, rateLayer, behaviourLayer];

/**
 * How likely a program made the event: each layer says 0…100 and why, the scores add up. Events are marked and never dropped: what follows
 * from it, the project's policy says when a query runs. Only what the end user's browser or app says is judged: a server SDK that passes
 * no agent of its user scores 0, or every backend event would be a bot's.
 */
export const botStep: Step = { name: 'bot', run: judge };

function judge(draft: Draft, memory: Memory): undefined {
  if (!ofVisitor(draft)) return;
  const habits = habitsOf(draft, memory);
  let scores = 0;
  let reason = '';
  for (const layer of layers) {
    const found = layer.find(draft, habits);
    if (found.score === 0) continue;
    scores += found.packed;
    reason = reason === '' ? found.reason : `${reason}; ${found.reason}`;
  }
  if (scores === 0) return;
  const { row } = draft;
  row.bot_layers = scores;
  row.bot_score = totalOf(scores);
  row.bot_reason = reason;
}
