import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { Answer } from '../panel/answer.tsx';
import { useCall } from '../query.ts';
import { mayAct, useSession } from '../session/session.tsx';
import { SnippetTabs } from './snippet-tabs.tsx';

/** Whether this project has ever had an event; undefined while that is not known. Looks again until there is one. */
export function useHasEvents(): boolean | undefined {
  const { project } = useSession();
  const queries = useQueryClient();
  const known = useCall('eventNames', { project: project.id });
  const waiting = known.data?.events.length === 0;
  const first = useCall('live', { project: project.id, limit: 1 }, { enabled: waiting, every: 1_500 });
  const arrived = waiting && (first.data?.events.length ?? 0) > 0;
  const told = useRef(false);
  useEffect(() => {
    if (!arrived || told.current) return;
    told.current = true;
    void queries.invalidateQueries();
  }, [arrived, queries]);
  return known.data === undefined ? undefined : !waiting || arrived;
}

/** What a project shows before its first event: how to send one, and that somebody is listening. */
export function GetStarted() {
  const { me, project } = useSession();
  const allowed = mayAct(me, 'editor');
  const sources = useCall('listSources', { project: project.id }, { enabled: allowed });
  return (
    <section className="panel get-started" aria-label="Get started">
      <div className="get-started-head">
        <div>
          <h2 className="get-started-title">Send the first event to {project.name}</h2>
          <p className="muted">
            Paste our script into a page, or keep the client that you have and change its host.
          </p>
        </div>
        <p className="waiting" role="status" data-testid="waiting">
          <span className="pulse" aria-hidden="true" />
          Waiting for the first event…
        </p>
      </div>
      {allowed ? (
        <Answer query={sources} height={240}>
          {(data) => {
            const source = data.sources.find(({ door }) => door === 'tracker');
            return source ? (
              <SnippetTabs writeKey={source.key} script={data.trackerScript} />
            ) : (
              <p>This project has no source for a tracker. Create one under Sources.</p>
            );
          }}
        </Answer>
      ) : (
        <p className="muted">An editor or administrator finds the write key and the code under Sources.</p>
      )}
    </section>
  );
}
