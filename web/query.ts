import {
  keepPreviousData,
  QueryCache,
  QueryClient,
  type UseQueryResult,
  useQuery,
} from '@tanstack/react-query';
import type { EndpointName, Input, Output } from '../src/contract/endpoints.ts';
import { CallError, call } from './call.ts';

/** Errors that a second attempt cannot change. */
function isFinal(error: Error): boolean {
  return error instanceof CallError && error.status >= 400 && error.status < 500 && error.status !== 429;
}

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    // the session ended while a page was open: asking who is signed in again leads to the sign-in
    onError: (error, query) => {
      const ended = error instanceof CallError && error.code === 'unauthenticated';
      if (ended && query.queryKey[0] !== 'me') void queryClient.resetQueries({ queryKey: ['me'] });
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      retry: (failures, error) => failures < 2 && !isFinal(error),
      refetchOnWindowFocus: true,
    },
  },
});

interface CallOptions {
  readonly enabled?: boolean;
  /** Milliseconds between two looks; undefined looks once. */
  readonly every?: number | undefined;
  /** Shows the former answer, dimmed, until the new one is here. */
  readonly keep?: boolean;
}

/** A call whose answer is cached under its name and input. */
export function useCall<Name extends EndpointName>(
  name: Name,
  input: Input<Name>,
  options: CallOptions = {},
): UseQueryResult<Output<Name>, Error> {
  return useQuery<Output<Name>, Error>({
    queryKey: [name, input],
    queryFn: ({ signal }) => call(name, input, signal),
    enabled: options.enabled ?? true,
    ...(options.every === undefined ? {} : { refetchInterval: options.every }),
    ...(options.keep ? { placeholderData: keepPreviousData as never } : {}),
  });
}
