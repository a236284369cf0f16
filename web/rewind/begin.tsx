import { Button, SegmentedControl, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { RewindPlan } from '../../src/contract/rewind.ts';
import { call } from '../call.ts';
import { full } from '../format/number.ts';
import { moment } from '../format/time.ts';
import { Failure } from '../panel/failure.tsx';
import { useSession } from '../session/session.tsx';

/** Says what would be read before anything is done. */
export function Begin({ mayStart }: { readonly mayStart: boolean }) {
  const { project } = useSession();
  const queries = useQueryClient();
  const [what, setWhat] = useState('everything');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const range = what === 'everything' ? { from: null, to: null } : { from: utc(from), to: utc(to) };
  const isIncomplete = what === 'range' && range.from === null;
  const plan = useMutation({ mutationFn: () => call('planRewind', { project: project.id, ...range }) });
  const start = useMutation({
    mutationFn: () => call('startRewind', { project: project.id, ...range }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['rewind'] }),
  });
  const change = <T,>(set: (value: T) => void) => {
    return (value: T): void => {
      set(value);
      plan.reset();
    };
  };
  return (
    <>
      <p className="rewind-note">
        Processes what was received again, with today’s steps, decoders, tracking plan and settings, into
        tables beside the real ones. Charts do not change until you swap the result in.
      </p>
      <form
        className="rewind-form"
        onSubmit={(event) => {
          event.preventDefault();
          plan.mutate();
        }}
      >
        <SegmentedControl
          aria-label="What is processed again"
          value={what}
          onChange={change(setWhat)}
          data={[
            { value: 'everything', label: 'Everything' },
            { value: 'range', label: 'A range' },
          ]}
        />
        {what === 'range' ? (
          <>
            <TextInput
              type="datetime-local"
              label="Received from (UTC)"
              value={from}
              onChange={(event) => change(setFrom)(event.currentTarget.value)}
            />
            <TextInput
              type="datetime-local"
              label="To (UTC), empty: now"
              value={to}
              onChange={(event) => change(setTo)(event.currentTarget.value)}
            />
          </>
        ) : null}
        <Button type="submit" variant="default" loading={plan.isPending} disabled={isIncomplete}>
          Plan
        </Button>
      </form>
      {plan.error ? <Failure error={plan.error} /> : null}
      {plan.data ? (
        <>
          <Planned plan={plan.data} timezone={project.timezone} />
          {start.error ? <Failure error={start.error} /> : null}
          <div className="rewind-actions">
            <Button onClick={() => start.mutate()} loading={start.isPending} disabled={!mayStart}>
              Start
            </Button>
            {mayStart ? null : <span className="muted">Administrators may start it.</span>}
          </div>
        </>
      ) : null}
    </>
  );
}

function Planned({ plan, timezone }: { readonly plan: RewindPlan; readonly timezone: string }) {
  const isWhole = plan.mode === 'whole';
  return (
    <dl className="rewind-facts" style={{ marginTop: 16 }}>
      <dt>Received</dt>
      <dd>
        {plan.oldest === null ? '' : moment(plan.from ?? plan.oldest, timezone)} to{' '}
        {plan.to === null ? 'now' : moment(plan.to, timezone)}
      </dd>
      <dt>Made again</dt>
      <dd>
        {isWhole
          ? 'Events, log lines, sessions, quarantine, ledger, persons, accounts, and what is remembered of visitors'
          : 'Events, log lines, sessions, quarantine and ledger of the range. Known persons and accounts stay as they are'}
      </dd>
      <dt>There now</dt>
      <dd>
        {full(plan.events)} events, {full(plan.logs)} log lines, {full(plan.quarantined)} in quarantine
      </dd>
      {plan.outOfReach > 0 ? (
        <>
          <dt>Stays</dt>
          <dd>
            {full(plan.outOfReach)} older rows, whose records are neither in the log nor in the archive any
            more
          </dd>
        </>
      ) : null}
    </dl>
  );
}

/** Null when it is empty or no time. */
function utc(text: string): number | null {
  const time = Date.parse(`${text}Z`);
  return Number.isNaN(time) ? null : time;
}
