import { Button, Progress } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { QuarantineReplay } from '../../src/contract/quarantine-endpoints.ts';
import { call } from '../call.ts';
import { ago } from '../format/duration.ts';
import { counted, full } from '../format/number.ts';
import { StateMark } from '../panel/state.tsx';
import { mayAct, useSession } from '../session/session.tsx';

interface ReplaysProps {
  readonly replays: readonly QuarantineReplay[];
  readonly now: number;
}

/** What was sent again, by whom, with which fix, and what became of it. */
export function Replays({ replays, now }: ReplaysProps) {
  return (
    <ul className="quarantine">
      {replays.map((replay) => (
        <li key={replay.id} className="replay" data-testid="replay" data-state={replay.state}>
          <Replay replay={replay} now={now} />
        </li>
      ))}
    </ul>
  );
}

const words = {
  running: ['running', undefined],
  done: ['done', 'good'],
  stopped: ['stopped', 'warn'],
  failed: ['failed', 'bad'],
} as const;

function Replay({ replay, now }: { readonly replay: QuarantineReplay; readonly now: number }) {
  const { me, project } = useSession();
  const queries = useQueryClient();
  const stop = useMutation({
    mutationFn: () => call('stopReplay', { project: project.id, replay: replay.id }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['quarantineReplays'] }),
  });
  const [word, tone] = words[replay.state];
  const processed = Object.values(replay.outcomes).reduce((sum, count) => sum + count, 0);
  const waits = replay.sent - processed;
  return (
    <>
      <div className="replay-head">
        <StateMark tone={tone} word={word} />
        <span className="quarantine-reason">{replay.fix.name === '' ? 'As it was' : replay.fix.name}</span>
        <span className="muted">
          {counted(replay.total, 'item', 'items')} · {replay.by} · {ago(replay.startedAt, now)}
        </span>
        {replay.state === 'running' && mayAct(me, 'editor') ? (
          <Button size="compact-xs" variant="default" onClick={() => stop.mutate()} loading={stop.isPending}>
            Stop
          </Button>
        ) : null}
      </div>
      {replay.state === 'running' ? (
        <Progress
          value={replay.total === 0 ? 100 : ((replay.sent + replay.left) / replay.total) * 100}
          size="sm"
          aria-label="Sent"
        />
      ) : null}
      <p className="panel-note replay-result">
        {resultOf(replay)
          .map(([count, what]) => `${full(count)} ${what}`)
          .join(' · ')}
        {waits > 0 ? ` · ${full(waits)} on ${waits === 1 ? 'its' : 'their'} way` : ''}
      </p>
      {replay.message === '' ? null : <p className="webhook-failure">{replay.message}</p>}
      {replay.reasons.map(({ reason, detail, count }) => (
        <p className="panel-note" key={reason}>
          {full(count)} left: {reason} ({detail})
        </p>
      ))}
    </>
  );
}

const outcomeWords: Readonly<Record<string, string>> = {
  loaded: 'loaded',
  failed: 'failed again',
  duplicate: 'were there already',
  dropped: 'accepted without an event',
};

function resultOf({ outcomes, sent }: QuarantineReplay): [count: number, what: string][] {
  const told = Object.entries(outcomes).map(([outcome, count]): [number, string] => [
    count,
    outcomeWords[outcome] ?? outcome,
  ]);
  return told.length > 0 ? told : [[sent, 'sent']];
}
