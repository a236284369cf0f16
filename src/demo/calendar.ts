export const second = 1_000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

/** Activity by local hour: people work with the product in office hours and browse the site a little later. */
const hours = {
  work: [
    0.04, 0.02, 0.01, 0.01, 0.02, 0.05, 0.12, 0.35, 0.9, 1.5, 1.7, 1.45, 0.8, 1.25, 1.55, 1.45, 1.2, 0.75,
    0.35, 0.25, 0.25, 0.2, 0.12, 0.07,
  ],
  browse: [
    0.25, 0.15, 0.1, 0.08, 0.08, 0.12, 0.25, 0.5, 0.8, 1.1, 1.2, 1.15, 1, 1.1, 1.2, 1.15, 1.05, 0.95, 0.85,
    0.85, 0.9, 0.85, 0.65, 0.4,
  ],
} as const;
const weekend = { work: 0.13, browse: 0.55 } as const;
type Habit = keyof typeof hours;
const plainDay = { work: total(hours.work), browse: total(hours.browse) };

/** How one UTC day looks from one time zone: `total` is 1 on a plain weekday, `sums` cumulate over the UTC hours. */
interface Rhythm {
  readonly total: number;
  readonly sums: readonly number[];
}

/** The days of the story, counted from 0 (the oldest) to `days - 1` (today, cut at `now`). Days are UTC days. */
export class Calendar {
  readonly now: number;
  readonly days: number;
  readonly start: number;
  /** A Tuesday on which the product is presented on Product Hunt. */
  readonly launchDay: number;
  /** A Wednesday on which the product was down from 9:00 to 13:00 UTC. */
  readonly outageDay: number;
  /** A Monday off in most countries, with the Friday before it quieter. */
  readonly holiday: number;
  /** Day on which AI summaries are released. */
  readonly summariesDay: number;
  readonly #rhythms = { work: new Map<string, Rhythm>(), browse: new Map<string, Rhythm>() };
  #rhythmsOf = -1;

  constructor(now: number, days: number) {
    this.now = now;
    this.days = days;
    this.start = Math.floor(now / day) * day - (days - 1) * day;
    this.launchDay = this.#near(days * 0.45, 2);
    this.holiday = this.#near(days * 0.6, 1);
    this.outageDay = this.#near(days * 0.78, 3);
    this.summariesDay = this.#near(days * 0.5, 4);
  }

  dayStart(index: number): number {
    return this.start + index * day;
  }

  /** Fraction of a plain day's activity left by the holiday and the outage. */
  mood(index: number): number {
    if (index === this.holiday) return 0.3;
    if (index === this.holiday - 3) return 0.7;
    return index === this.outageDay ? 0.55 : 1;
  }

  isOutage(at: number): boolean {
    const since = at - this.dayStart(this.outageDay);
    return since >= 9 * hour && since < 13 * hour;
  }

  /** Activity of this day relative to a plain weekday. */
  share(habit: Habit, timezone: string, index: number): number {
    return this.#rhythm(habit, timezone, index).total;
  }

  /** A moment of the UTC day, likelier in the zone's busy hours. `point` is uniform in [0, 1). */
  moment(habit: Habit, timezone: string, index: number, point: number): number {
    const { sums } = this.#rhythm(habit, timezone, index);
    const goal = point * (sums[23] ?? 1);
    const found = sums.findIndex((sum) => goal < sum);
    const below = sums[found - 1] ?? 0;
    const within = (goal - below) / ((sums[found] ?? 1) - below);
    return Math.floor(this.dayStart(index) + (found + within) * hour);
  }

  #near(target: number, weekday: number): number {
    const index = Math.floor(target);
    return index + ((weekday - new Date(this.dayStart(index)).getUTCDay() + 10) % 7) - 3;
  }

  #rhythm(habit: Habit, timezone: string, index: number): Rhythm {
    // The story moves day by day, so only one day's rhythms are kept.
    if (index !== this.#rhythmsOf) {
      this.#rhythms.work.clear();
      this.#rhythms.browse.clear();
      this.#rhythmsOf = index;
    }
    const known = this.#rhythms[habit].get(timezone);
    if (known) return known;
    const offset = offsetOf(timezone, this.dayStart(index) + 12 * hour);
    const sums: number[] = [];
    let sum = 0;
    for (let utc = 0; utc < 24; utc++) {
      const local = this.dayStart(index) + utc * hour + offset;
      // 1 January 1970 was a Thursday.
      const weekday = (Math.floor(local / day) + 4) % 7;
      const factor = weekday === 0 || weekday === 6 ? weekend[habit] : 1;
      sum += (hours[habit][Math.floor((local % day) / hour)] ?? 0) * factor;
      sums.push(sum);
    }
    const rhythm = { total: sum / plainDay[habit], sums };
    this.#rhythms[habit].set(timezone, rhythm);
    return rhythm;
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Milliseconds that the zone's wall clock is ahead of UTC. */
function offsetOf(timeZone: string, at: number): number {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
    formats.set(timeZone, format);
  }
  const name = format.formatToParts(at).find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
  const [, sign, hoursAhead, minutesAhead] = /GMT([+-])(\d+):(\d+)/.exec(name) ?? [];
  if (sign === undefined) return 0;
  return (sign === '-' ? -1 : 1) * (Number(hoursAhead) * hour + Number(minutesAhead) * minute);
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
