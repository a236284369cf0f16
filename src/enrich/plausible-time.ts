const day = 86_400_000;
/** 2000-01-01: nothing that sends events today is older. */
export const earliest = 946_684_800_000;

/** Whether something received at `received` can have happened at `time`, both in milliseconds. */
export function isPlausible(time: number, received: number): boolean {
  return time >= earliest && time <= received + day;
}
