import type { BotRules } from '../../src/contract/project-settings.ts';
import type { LiveEvent } from '../../src/contract/result.ts';

/** Whether the project's rules call it a bot's: by the sum of the layers that count. */
export function isBot(event: Pick<LiveEvent, 'bots'>, { layers, threshold }: BotRules): boolean {
  const score = event.bots.reduce((sum, found) => sum + (layers.includes(found.layer) ? found.score : 0), 0);
  return score >= threshold;
}
