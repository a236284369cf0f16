import { SegmentedControl, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import type { PlanResult } from '../../src/contract/plan-endpoints.ts';
import { useAddress } from '../address/use-address.ts';
import { counted } from '../format/number.ts';
import { Answer } from '../panel/answer.tsx';
import { EmptyPanel } from '../panel/empty.tsx';
import { Page } from '../panel/page.tsx';
import { Panel } from '../panel/panel.tsx';
import { EventDrawer } from '../plan/event-drawer.tsx';
import { shows } from '../plan/facts.ts';
import { PlanDrift } from '../plan/plan-drift.tsx';
import '../plan/plan.css';
import { PlanSums } from '../plan/plan-sums.tsx';
import { PlanTable } from '../plan/plan-table.tsx';
import { useCall } from '../query.ts';
import { useSession } from '../session/session.tsx';
import { GetStarted } from '../snippet/get-started.tsx';

/** What is meant to come, beside what came. */
export function PlanPage() {
  const { project } = useSession();
  const [search, change] = useAddress();
  const query = useCall(
    'plan',
    { project: project.id, timezone: project.timezone },
    { every: 60_000, keep: true },
  );
  const choose = (event: string | undefined): void => change({ event });
  return (
    <Page
      title="Tracking plan"
      note="Which events are meant to come, and whether those that come are as they should be"
    >
      <Answer query={query} height={560}>
        {(plan) =>
          plan.events.length === 0 ? (
            <GetStarted />
          ) : (
            <div className="stack">
              <Problems problems={plan.problems} />
              <PlanSums plan={plan} />
              {plan.schemas === 0 ? <NoPlan /> : null}
              <Events plan={plan} onChoose={choose} />
              <PlanDrift onChoose={choose} />
            </div>
          )
        }
      </Answer>
      <EventDrawer
        event={search.event}
        facts={query.data?.events.find(({ event }) => event === search.event)}
        onClose={() => choose(undefined)}
      />
    </Page>
  );
}

function Problems({ problems }: Pick<PlanResult, 'problems'>) {
  if (problems.length === 0) return null;
  return (
    <div className="failure" role="alert">
      <div>
        <p className="failure-message">
          {counted(problems.length, 'file of the plan cannot', 'files of the plan cannot')} be used; the
          others are in force
        </p>
        <ul className="plan-problems">
          {problems.map(({ file, message }) => (
            <li key={`${file} ${message}`}>
              {file === '' ? null : <code>schemas/{file}</code>} {message}
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

function NoPlan() {
  return (
    <Panel label="No plan yet">
      <p className="plan-lead">
        <strong>This project has no plan yet.</strong> Choose an event below and make a schema from what came,
        or put JSON Schemas into <code>workspace/schemas</code>. From then on each event is checked, and what
        does not fit is marked.
      </p>
    </Panel>
  );
}

function Events({
  plan,
  onChoose,
}: {
  readonly plan: PlanResult;
  readonly onChoose: (event: string) => void;
}) {
  const [search, change] = useAddress();
  const [text, setText] = useState('');
  const shown = shows.find(({ value }) => value === search.show) ?? shows[0];
  const events = plan.events
    .filter((event) => shown.test(event))
    .filter(({ event, owner }) => `${event} ${owner}`.toLowerCase().includes(text.trim().toLowerCase()));
  const tools = (
    <div className="plan-tools">
      <SegmentedControl
        size="xs"
        aria-label="Which events"
        data={shows.map(({ value, label }) => ({
          value,
          label:
            value === 'all'
              ? label
              : `${label} ${plan.events.filter((event) => shows.find((one) => one.value === value)?.test(event)).length}`,
        }))}
        value={shown.value}
        onChange={(value) => change({ show: value === 'all' ? undefined : value }, { replace: true })}
      />
      <TextInput
        size="xs"
        placeholder="Search"
        aria-label="Search events"
        leftSection={<IconSearch size={14} stroke={1.6} />}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
    </div>
  );
  return (
    <Panel title="Events" tools={tools} flush>
      {events.length === 0 ? (
        <EmptyPanel
          title={shown.value === 'wrong' ? 'Every event of the last 7 days fits its schema' : 'No such event'}
        />
      ) : (
        <PlanTable events={events} bytes={plan.bytes} now={Date.now()} onChoose={onChoose} />
      )}
    </Panel>
  );
}
