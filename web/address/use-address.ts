import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';
import type { Search } from './search.ts';

/** The address of this page and a way to change parts of it; `undefined` takes a part away. */
export function useAddress(): [Search, (patch: Search, options?: { replace?: boolean }) => void] {
  const search: Search = useSearch({ from: '__root__' });
  const navigate = useNavigate();
  const change = useCallback(
    (patch: Search, options: { replace?: boolean } = {}) => {
      void navigate({
        to: '.',
        search: (previous: Search) => ({ ...previous, ...patch }),
        replace: options.replace ?? false,
        resetScroll: false,
      });
    },
    [navigate],
  );
  return [search, change];
}
