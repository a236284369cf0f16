import { Select } from '@mantine/core';
import { useInterval } from '@mantine/hooks';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { carriedSearch } from '../address/search.ts';
import { Answer } from '../panel/answer.tsx';
import { EmptyPanel } from '../panel/empty.tsx';
import { Page } from '../panel/page.tsx';
import { Panel } from '../panel/panel.tsx';
import { Ledger } from '../pipeline/ledger.tsx';
import { Missing } from '../pipeline/missing.tsx';
import { Quarantine } from '../pipeline/quarantine.tsx';
import { Sources } from '../pipeline/sources.tsx';
import { Stages } from '../pipeline/stages.tsx';
import { useCall } from '../query.ts';
import { useSession } from '../session/session.tsx';
import { GetStarted } from '../snippet/get-started.tsx';

/** Where what failed can be mended. */
const toQuarantine = (
  <Link to="/quarantine" search={carriedSearch} className="panel-note">
    Look, fix and replay
  </Link>
);

const periods = [
  { value: '60', label: 'Last hour' },
  { value: '360', label: 'Last 6 hours' },
  { value: '1440', label: 'Last 24 hours' },
];

export function PipelinePage() {
  const { project } = useSession();
  const [minutes, setMinutes] = useState('60');
  const [now, setNow] = useState(() => Date.now());
  useInterval(() => setNow(Date.now()), 1_000, { autoInvoke: true });
  const query = useCall(
    'pipeline',
    { project: project.id, minutes: Number(minutes) },
    { every: 5_000, keep: true },
  );
  return (
    <Page
      title="Pipeline"
      note="From the tracker to the chart; looks again every 5 seconds"
      tools={
        <Select
          aria-label="Period of the ledger"
          w={136}
          data={periods}
          value={minutes}
          onChange={(next) => next !== null && setMinutes(next)}
        />
      }
    >
      <Answer query={query} height={560}>
        {(result) => (
          <div className="stack">
            <Stages stages={result.stages} now={now} />
            {result.sources.length === 0 ? (
              <GetStarted />
            ) : (
              <Panel title="Sources" flush>
                <Sources sources={result.sources} now={now} timezone={project.timezone} />
                <Missing events={result.missing} />
              </Panel>
            )}
            <Panel title="Ledger" flush>
              {result.ledger.length === 0 ? (
                <EmptyPanel title="Nothing was accepted in this period" />
              ) : (
                <Ledger rows={result.ledger} timezone={project.timezone} />
              )}
            </Panel>
            <Panel title="Quarantine" flush tools={toQuarantine}>
              {result.quarantine.length === 0 ? (
                <EmptyPanel title="Nothing in quarantine">
                  What cannot be decoded or processed is kept here with its original bytes.
                </EmptyPanel>
              ) : (
                <Quarantine groups={result.quarantine} now={now} />
              )}
            </Panel>
          </div>
        )}
      </Answer>
    </Page>
  );
}
