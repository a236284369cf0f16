import type { Draft } from '../step.ts';
import type { Habits } from './habits.ts';
import { type Finding, finding, type Layer, nothing } from './layer.ts';

/** What people do not do: go on at the same distance, page after page, or look at no page at all. */
export const behaviourLayer: Layer = { name: 'behaviour', find };

/** Distances between pages are the same within so much of them, and never finer than the network's delay. */
const tolerance = 0.05;
const finest = 100;
const shortestGap = 1_000;

interface Level {
  readonly from: number;
  readonly score: number;
}
const rhythms: readonly Level[] = [
  { from: 12, score: 60 },
  { from: 6, score: 30 },
];
/** Never enough alone: a site can do without the part of the tracker that tells. */
const silences: readonly Level[] = [
  { from: 25, score: 40 },
  { from: 10, score: 20 },
];

/** Every finding that there can be, by both scores. */
const findings = new Map<number, Finding>();

function find({ event, row }: Draft, habits: Habits | undefined): Finding {
  if (habits === undefined) return nothing;
  if (row.type === 'page' || row.type === 'screen') {
    keepTime(habits, row.timestamp);
    if (tells(event.library)) habits.silent++;
  } else if (row.type === 'track' && !unattended.has(row.event)) {
    // $engagement, a click, a form: somebody is there
    habits.silent = 0;
  }
  const rhythm = habits.rhythm;
  const silence = habits.silent < 10 ? 0 : scoreAt(silences, habits.silent);
  return rhythm === 0 && silence === 0 ? nothing : findingOf(rhythm, silence);
}

function keepTime(habits: Habits, at: number): void {
  const gap = at - habits.pageAt;
  // a late one tells nothing about distances
  if (gap <= 0) return;
  habits.pageAt = at;
  if (gap < shortestGap) {
    habits.gap = 0;
    habits.steady = 0;
    return;
  }
  if (Math.abs(gap - habits.gap) > Math.max(finest, habits.gap * tolerance)) {
    habits.gap = gap;
    habits.steady = 1;
    return;
  }
  habits.steady++;
  const score = habits.steady < 6 ? 0 : scoreAt(rhythms, habits.steady);
  if (score > habits.rhythm) habits.rhythm = score;
}

/** What our tracker reports of a page that nobody looks at, too. */
const unattended: ReadonlySet<string> = new Set(['$web_vitals', '$error']);

/** Our own tracker reports each page that somebody looked at (`$engagement`). Of others it is not known whether they were told to. */
function tells(library: string | undefined): boolean {
  return library?.startsWith('tributary-js/') === true;
}

function scoreAt(levels: readonly Level[], count: number): number {
  return levels.find(({ from }) => count >= from)?.score ?? 0;
}

function findingOf(rhythm: number, silence: number): Finding {
  const key = rhythm * 101 + silence;
  let found = findings.get(key);
  if (found === undefined) {
    const words = [
      ...(rhythm === 0 ? [] : [`pages at the same distance, ${countOf(rhythms, rhythm)} and more`]),
      ...(silence === 0 ? [] : [`${countOf(silences, silence)} and more pages that nobody looked at`]),
    ];
    found = finding('behaviour', rhythm + silence, words.join(', '));
    findings.set(key, found);
  }
  return found;
}

function countOf(levels: readonly Level[], score: number): number {
  return levels.find((level) => level.score === score)?.from ?? 0;
}
