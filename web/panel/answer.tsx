import { Skeleton } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Failure } from './failure.tsx';

interface AnswerProps<Data> {
  readonly query: UseQueryResult<Data, Error>;
  /** Height of what will come, so that the page does not jump. */
  readonly height: number;
  readonly children: (data: Data) => ReactNode;
}

/** Skeleton, error or content of one call; an old answer stays, dimmed, while the next one is on its way. */
export function Answer<Data>({ query, height, children }: AnswerProps<Data>) {
  if (query.data !== undefined) {
    return (
      <div className="answer" data-stale={query.isPlaceholderData || undefined} aria-busy={query.isFetching}>
        {query.error && !query.isFetching ? (
          <Failure error={query.error} onRetry={() => void query.refetch()} />
        ) : null}
        {children(query.data)}
      </div>
    );
  }
  if (query.error) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  return <Skeleton height={height} radius="sm" aria-label="Loading" role="status" />;
}
