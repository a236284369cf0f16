import { type BotLayer, type BotRules, botLayers } from './project-settings.ts';

/**
 * The scores of all layers in one number, a byte for each in the order of `botLayers`: a column of mostly zeros costs an event next to
 * nothing, and a query can leave out layers that did not exist or were not wanted when the event came.
 */
export type PackedScores = number;

const byte = 256;
const places: readonly number[] = botLayers.map((_, index) => byte ** index);

/** What a layer found about an event: 0…100, and why in a few words. */
export interface BotFinding {
  readonly score: number;
  readonly words: string;
}

export interface LayerFinding extends BotFinding {
  readonly layer: BotLayer;
}

export function packed(layer: number, score: number): PackedScores {
  return Math.max(0, Math.min(100, Math.round(score))) * (places[layer] ?? 0);
}

export function scoreOf(scores: PackedScores, layer: number): number {
  return Math.floor(scores / (places[layer] ?? 1)) % byte;
}

/** The sum of all layers, 100 at most: what `bot_score` holds. */
export function totalOf(scores: PackedScores): number {
  let total = 0;
  for (let rest = scores; rest > 0; rest = Math.floor(rest / byte)) total += rest % byte;
  return Math.min(100, total);
}

/** Layer by layer the higher score: what a session knows of its events. */
export function worstOf(a: PackedScores, b: PackedScores): PackedScores {
  if (b === 0 || a === b) return a;
  if (a === 0) return b;
  let worst = 0;
  for (const [layer, place] of places.entries())
    worst += Math.max(scoreOf(a, layer), scoreOf(b, layer)) * place;
  return worst;
}

/** Between the findings of two layers in `bot_reason`; no words hold it. */
const separator = '; ';

/** `agent 95: crawler Googlebot; network 30: AS24940 Hetzner Online GmbH`. */
export function reasonOf(findings: readonly LayerFinding[]): string {
  return findings
    .map(({ layer, score, words }) => `${layer} ${score}: ${words.replaceAll(';', ',')}`)
    .join(separator);
}

/** Each layer that found something, the highest score first. Events of versions without layers have all of it in `agent`. */
export function explained(scores: PackedScores, reason: string): LayerFinding[] {
  const words = new Map<string, string>();
  for (const part of reason.split(separator)) {
    const said = /^([a-z]+) \d{1,3}: (.*)$/.exec(part);
    if (said?.[1] !== undefined) words.set(said[1], said[2] ?? '');
  }
  return botLayers
    .map((layer, index) => ({ layer, score: scoreOf(scores, index), words: words.get(layer) ?? '' }))
    .filter(({ score }) => score > 0)
    .map((finding) => (words.size === 0 ? { ...finding, words: reason } : finding))
    .toSorted((a, b) => b.score - a.score);
}

/** The layers of a policy as the factors of the packed number, least first. */
export function placesOf(layers: BotRules['layers']): number[] {
  return botLayers.flatMap((layer, index) => (layers.includes(layer) ? [index] : []));
}
