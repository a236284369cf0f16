import { Progress } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { full, percent } from '../format/number.ts';
import { useCall } from '../query.ts';
import { useSession } from '../session/session.tsx';

/** How much of the demo's history has arrived; gone when all of it has. */
export function DemoBanner() {
  const { project } = useSession();
  const queries = useQueryClient();
  const status = useCall(
    'demoStatus',
    {},
    { every: project.demo ? 2_000 : undefined, enabled: project.demo },
  );
  const progress = status.data?.progress ?? null;
  const loading = progress !== null && progress < 1 && status.data?.project === project.id;
  const tenth = loading ? Math.floor(progress * 10) : 10;

  useEffect(() => {
    // Charts follow the growing history, though not every second: each look is a query over all of it.
    if (project.demo && tenth >= 0) {
      void queries.invalidateQueries({ predicate: ({ queryKey }) => growing.has(String(queryKey[0])) });
    }
  }, [project.demo, tenth, queries]);

  if (!loading) return null;
  return (
    <div className="banner" role="status">
      <span>
        The demo history is still arriving: <strong>{percent(Math.floor(progress * 100) / 100)}</strong>,{' '}
        {full(status.data?.sent ?? 0)} events so far. Charts fill up as it does.
      </span>
      <Progress value={progress * 100} size={4} aria-label="Demo history" className="banner-progress" />
    </div>
  );
}

const growing = new Set(['overview', 'breakdown', 'trend', 'funnel', 'eventNames', 'propertyNames']);
