import { useEffect, useState } from 'react';
import type { DryRunResult } from '../../src/contract/quarantine-endpoints.ts';
import { call } from '../call.ts';

interface DryRunState {
  readonly result: DryRunResult | undefined;
  readonly error: Error | undefined;
}

export interface DryRunRequest {
  readonly project: string;
  readonly causes: readonly string[];
  readonly transform: string | null;
  /** Only the newest so many. */
  readonly limit?: number;
}

const every = 300;
const nothing: DryRunState = { result: undefined, error: undefined };

/** Starts a dry run for a request and follows it; another request takes its place. Undefined rests. */
export function useDryRun(request: DryRunRequest | undefined): DryRunState {
  const [state, setState] = useState<DryRunState>(nothing);
  const asked = JSON.stringify(request ?? null);
  useEffect(() => {
    const wanted = JSON.parse(asked) as DryRunRequest | null;
    if (wanted === null) {
      setState(nothing);
      return;
    }
    const gone = new AbortController();
    const { project, causes, ...rest } = wanted;
    const follow = async () => {
      let result = await call('startDryRun', { project, causes: [...causes], ...rest }, gone.signal);
      setState({ result, error: undefined });
      while (result.state === 'running') {
        await new Promise((resolve) => setTimeout(resolve, every));
        if (gone.signal.aborted) {
          await call('stopDryRun', { project, run: result.id });
          return;
        }
        result = await call('dryRun', { project, run: result.id }, gone.signal);
        setState({ result, error: undefined });
      }
    };
    follow().catch((thrown: unknown) => {
      if (gone.signal.aborted) return;
      setState((before) => ({
        ...before,
        error: thrown instanceof Error ? thrown : new Error(String(thrown)),
      }));
    });
    return () => gone.abort();
  }, [asked]);
  return state;
}
