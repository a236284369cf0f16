import type { SyntheticEvent } from 'react';

function selectAll(event: SyntheticEvent<HTMLInputElement>): void {
  event.currentTarget.select();
}

/** For searchable selects: the first key replaces the chosen name instead of lengthening it. */
export const replaceOnType = { onFocus: selectAll, onClick: selectAll };
