import { RecentCache } from '../recent.ts';

const quarter = 900_000;
const day = 86_400_000;

/** Offsets of zones from UTC by zone and quarter of an hour: asking Intl costs microseconds. */
const offsets = new RecentCache<number>(20_000);
const formats = new RecentCache<Intl.DateTimeFormat>(200);

/** The number of the day in that zone; days of all zones begin at a quarter of an hour. */
export function localDay(at: number, timeZone: string): number {
  if (timeZone === 'UTC') return Math.floor(at / day);
  const slot = Math.floor(at / quarter);
  const key = `${timeZone} ${slot}`;
  let offset = offsets.get(key);
  if (offset === undefined) {
    offset = offsetAt(slot * quarter, timeZone);
    offsets.set(key, offset);
  }
  return Math.floor((at + offset) / day);
}

function offsetAt(at: number, timeZone: string): number {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' });
    formats.set(timeZone, format);
  }
  const name = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign, hours, minutes] = /^GMT([+-])(\d\d):(\d\d)/.exec(name) ?? [];
  if (sign === undefined) return 0;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
