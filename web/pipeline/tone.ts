import type { LedgerRow, PipelineResult } from '../../src/contract/result.ts';

/** How a state is coloured; its word is always beside it. */
export type Tone = 'good' | 'warn' | 'bad' | undefined;

type SourceState = PipelineResult['sources'][number]['state'];
type StageState = PipelineResult['stages'][number]['state'];

export const sourceTones: Readonly<Record<SourceState, { tone: Tone; word: string }>> = {
  ok: { tone: 'good', word: 'Sending' },
  stale: { tone: 'bad', word: 'Too old' },
  idle: { tone: undefined, word: 'Idle' },
};

export const stageTones: Readonly<Record<StageState, { tone: Tone; word: string }>> = {
  ok: { tone: 'good', word: 'Working' },
  slow: { tone: 'warn', word: 'Behind' },
  down: { tone: 'bad', word: 'Down' },
};

export const ledgerTones: Readonly<Record<LedgerRow['state'], { tone: Tone; word: string }>> = {
  balanced: { tone: 'good', word: 'Balanced' },
  pending: { tone: undefined, word: 'In progress' },
  unbalanced: { tone: 'bad', word: 'Unbalanced' },
};
