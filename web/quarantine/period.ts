const minute = 60_000;

export const periods = [
  { value: '1', label: 'Last 24 hours' },
  { value: '7', label: 'Last 7 days' },
  { value: '30', label: 'Last 30 days' },
  { value: '365', label: 'Last 12 months' },
];

/** The beginning of a period of days, to the minute, so that it is one question for that long. */
export function since(days: string, now: number): number {
  return Math.floor(now / minute) * minute - Number(days) * 1_440 * minute;
}
