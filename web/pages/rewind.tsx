import { useInterval } from '@mantine/hooks';
import { useState } from 'react';
import type { RewindJob } from '../../src/contract/rewind.ts';
import { Answer } from '../panel/answer.tsx';
import { Page } from '../panel/page.tsx';
import { Panel } from '../panel/panel.tsx';
import { useCall } from '../query.ts';
import { ArchiveFacts } from '../rewind/archive-facts.tsx';
import { Begin } from '../rewind/begin.tsx';
import { Difference } from '../rewind/difference.tsx';
import { JobProgress } from '../rewind/progress.tsx';
import { mayAct, useSession } from '../session/session.tsx';
import '../rewind/rewind.css';

/** The past processed again: plan, progress, difference, swap. */
export function RewindPage() {
  const { me, project } = useSession();
  const [now, setNow] = useState(() => Date.now());
  useInterval(() => setNow(Date.now()), 1_000, { autoInvoke: true });
  const query = useCall('rewind', { project: project.id }, { every: 1_500, keep: true });
  const isAdmin = mayAct(me, 'admin');
  return (
    <Page title="Rewind" note="Process the past again, see what would change, then swap it in or leave it">
      <Answer query={query} height={480}>
        {({ job, difference, archive }) => (
          <div className="stack">
            {job === null || isOver(job) ? (
              <Panel title="Begin">
                <Begin mayStart={isAdmin} />
              </Panel>
            ) : null}
            {job === null ? null : (
              <Panel title={isOver(job) ? 'The last one' : 'Now'}>
                <JobProgress job={job} mayAct={isAdmin} />
              </Panel>
            )}
            {difference && job?.state !== 'discarded' ? <Difference difference={difference} /> : null}
            <Panel title="Raw archive">
              <ArchiveFacts archive={archive} timezone={project.timezone} now={now} />
            </Panel>
          </div>
        )}
      </Answer>
    </Page>
  );
}

function isOver({ state }: RewindJob): boolean {
  return state === 'swapped' || state === 'discarded' || state === 'failed';
}
