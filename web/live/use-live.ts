import { useDocumentVisibility } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';
import type { LiveEvent, LiveResult } from '../../src/contract/result.ts';
import { call } from '../call.ts';
import { mergeEvents, newestCursor } from './buffer.ts';

interface Live {
  readonly events: readonly LiveEvent[];
  readonly counters: Pick<LiveResult, 'lastMinute' | 'peopleNow'> | undefined;
  readonly error: Error | undefined;
}

const pauseMs = 1_000;
const nothing: Live = { events: [], counters: undefined, error: undefined };

/** Asks every second for what came after the newest event known; rests while paused or out of sight. */
export function useLive(project: string, event: string | undefined, paused: boolean): Live {
  const [live, setLive] = useState<Live>(nothing);
  const cursor = useRef<string>(undefined);
  const visible = useDocumentVisibility() === 'visible';
  const about = `${project} ${event ?? ''}`;
  const shown = useRef(about);

  useEffect(() => {
    if (shown.current !== about) {
      shown.current = about;
      cursor.current = undefined;
      setLive(nothing);
    }
    if (paused || !visible) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      const after = cursor.current;
      const input = { project, limit: after === undefined ? 100 : 500, event, after };
      const result = await call('live', input, stop.signal);
      cursor.current = newestCursor(after, result.events);
      setLive((before) => ({
        events: mergeEvents(before.events, result.events),
        counters: result,
        error: undefined,
      }));
    };
    const look = async () => {
      try {
        await ask();
      } catch (thrown) {
        if (stop.signal.aborted) return;
        const error = thrown instanceof Error ? thrown : new Error(String(thrown));
        setLive((before) => ({ ...before, error }));
      }
      if (!stop.signal.aborted) timer = setTimeout(() => void look(), pauseMs);
    };
    void look();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [project, event, paused, visible, about]);

  return live;
}
