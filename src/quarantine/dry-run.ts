import type { Decoded } from '../contract/event.ts';
import type { EnrichBatch, LogItem, PipelineItem } from '../contract/pipeline.ts';
import type { DryRunResult, FixExample } from '../contract/quarantine-endpoints.ts';
import { originOf, type ReplayMark } from '../contract/replay.ts';
import type { LogRecord } from '../contract/request.ts';
import type { Clock } from '../runtime/clock.ts';
import { messageOf, TributaryError } from '../runtime/errors.ts';
import { randomSecret } from '../runtime/ids.ts';
import type { ClickHouseClient } from '../warehouse/warehouse.ts';
import { type FixParts, fixedItem, inputOf, type Problem, type Sendable } from './fix.ts';
import {
  type Cursor,
  countItems,
  type KeptItem,
  newestItems,
  newestOffset,
  nextItems,
  type Walk,
} from './items.ts';
import { markOf } from './mark.ts';
import { Pace } from './pace.ts';
import { Reasons } from './reasons.ts';

export interface DryRunParts extends FixParts {
  readonly warehouse: ClickHouseClient;
  readonly clock: Clock;
  /** Enriches over an empty state: nothing of it is kept. */
  readonly enrich: EnrichBatch;
}

export interface DryRunTask {
  readonly selection: Walk['selection'];
  readonly project: string;
  readonly transform: string | null;
  readonly limit?: number | undefined;
}

/** Kept for this long after their start. */
const memory = 3_600_000;
const maxRuns = 50;
const maxRunning = 4;
/** Examples that pass, and of each reason. */
const passing = 5;
const failing = 3;
const shownText = 6_000;
/** So many evaluations that took too long in a row, and the fix is no fix. */
const maxSlow = 5;

interface Run {
  readonly startedAt: number;
  readonly project: string;
  readonly stop: AbortController;
  result: DryRunResult;
}

type Verdict =
  | { readonly kind: 'passed' | 'dropped'; readonly decoded: Decoded }
  | { readonly kind: 'failed'; readonly problem: Problem; readonly decoded?: Decoded };

/** Tries fixes on items: the real decoder and the steps of enrichment, on a state that knows nobody. What they find is remembered for an hour. */
export class DryRuns {
  readonly #parts: DryRunParts;
  readonly #runs = new Map<string, Run>();

  constructor(parts: DryRunParts) {
    this.#parts = parts;
  }

  async start({ project, selection, transform, limit }: DryRunTask): Promise<DryRunResult> {
    this.#forget();
    const running = [...this.#runs.values()].filter(({ result }) => result.state === 'running').length;
    if (running >= maxRunning)
      throw new TributaryError('overloaded', `${running} dry runs are under way; wait for one or stop it`, {
        retryAfter: 5,
      });
    const { warehouse, clock } = this.#parts;
    const walk: Walk = { project, selection, until: await newestOffset(warehouse, project) };
    const count = await countItems(warehouse, walk);
    const id = randomSecret('dry', 9);
    const run: Run = {
      startedAt: clock.now(),
      project,
      stop: new AbortController(),
      result: {
        id,
        state: 'running',
        message: '',
        total: Math.min(count, limit ?? count),
        checked: 0,
        passed: 0,
        dropped: 0,
        failed: 0,
        reasons: [],
        examples: [],
      },
    };
    this.#runs.set(id, run);
    void this.#carryOut(run, walk, transform, limit);
    return run.result;
  }

  get(project: string, id: string): DryRunResult {
    return this.#run(project, id).result;
  }

  stop(project: string, id: string): DryRunResult {
    const run = this.#run(project, id);
    run.stop.abort();
    if (run.result.state === 'running') run.result = { ...run.result, state: 'stopped' };
    return run.result;
  }

  close(): void {
    for (const { stop } of this.#runs.values()) stop.abort();
  }

  #run(project: string, id: string): Run {
    const run = this.#runs.get(id);
    if (run?.project !== project)
      throw new TributaryError('not-found', `there is no dry run "${id}" any more`);
    return run;
  }

  #forget(): void {
    const now = this.#parts.clock.now();
    for (const [id, run] of this.#runs) {
      const isOld = now - run.startedAt > memory || this.#runs.size >= maxRuns;
      if (isOld && run.result.state !== 'running') this.#runs.delete(id);
    }
  }

  async #carryOut(run: Run, walk: Walk, transform: string | null, limit: number | undefined): Promise<void> {
    const tally = new Tally();
    const pace = new Pace(run.stop.signal);
    try {
      for await (const item of this.#items(walk, limit)) {
        if (run.stop.signal.aborted) return;
        const made = await fixedItem(item, transform, this.#parts);
        const verdict = 'reason' in made ? failedBy(made) : await this.#judge(item, made);
        tally.add(item, 'reason' in made ? undefined : made, verdict);
        run.result = { ...run.result, ...tally.result() };
        if (tally.slow >= maxSlow)
          throw new Error('the fix takes too long for one item; it was stopped several times in a row');
        await pace.step();
      }
      run.result = { ...run.result, state: 'done', total: run.result.checked };
    } catch (error) {
      if (!run.stop.signal.aborted)
        run.result = { ...run.result, state: 'failed', message: messageOf(error) };
    }
  }

  async *#items(walk: Walk, limit: number | undefined): AsyncIterable<KeptItem> {
    const { warehouse } = this.#parts;
    if (limit !== undefined) {
      yield* await newestItems(warehouse, walk, limit);
      return;
    }
    let cursor: Cursor | null = null;
    for (;;) {
      const page: KeptItem[] = await nextItems(warehouse, walk, cursor);
      const last = page.at(-1);
      if (!last) return;
      yield* page;
      cursor = last;
    }
  }

  async #judge(item: KeptItem, { request, read }: Sendable): Promise<Verdict> {
    const replay: ReplayMark = markOf(item, { id: 'dry', at: item.receivedAt, by: '', fix: '', read });
    const record: LogRecord = { ...request, offset: item.offset, replay };
    let decoded: Decoded;
    try {
      decoded = await this.#parts.decode(record);
    } catch (error) {
      return failedBy({ reason: 'decoder failed', detail: messageOf(error) });
    }
    const [failure] = decoded.failures;
    if (failure) return { ...failedBy(failure), decoded };
    return this.#enriched(record, decoded);
  }

  async #enriched(record: LogRecord, decoded: Decoded): Promise<Verdict> {
    const items: PipelineItem[] = decoded.events.map((event, index) => ({
      record,
      index,
      event,
      eventId: event.id ?? `${originOf(record, index).item}`,
    }));
    const lines: LogItem[] = (decoded.logs ?? []).map((line, index) => ({
      record,
      index,
      line,
      lineId: line.id ?? `#${index}`,
    }));
    try {
      const { failures, lineFailures, events, logs } = await this.#parts.enrich(items, lines);
      const failure = failures[0]?.failure ?? lineFailures[0]?.failure;
      if (failure) return { ...failedBy(failure), decoded };
      return { kind: events.length + logs.length > 0 ? 'passed' : 'dropped', decoded };
    } catch (error) {
      return { ...failedBy({ reason: 'enrichment failed', detail: messageOf(error) }), decoded };
    }
  }
}

function failedBy({ reason, detail }: Problem): Extract<Verdict, { kind: 'failed' }> {
  return { kind: 'failed', problem: { reason, detail } };
}

/** Counts verdicts, and keeps some of each kind to be looked at. */
class Tally {
  readonly #reasons = new Reasons();
  readonly #examples: FixExample[] = [];
  readonly #shown = new Map<string, number>();
  readonly #counts = { passed: 0, dropped: 0, failed: 0 };
  /** Evaluations in a row that took too long. */
  slow = 0;

  add(item: KeptItem, made: Sendable | undefined, verdict: Verdict): void {
    this.#counts[verdict.kind]++;
    const reason = verdict.kind === 'failed' ? verdict.problem.reason : '';
    const detail = verdict.kind === 'failed' ? verdict.problem.detail : '';
    this.slow = reason === 'fix too slow' ? this.slow + 1 : 0;
    if (reason !== '') this.#reasons.add(reason, detail);
    const shown = this.#shown.get(reason) ?? 0;
    if (shown >= (reason === '' ? passing : failing) || this.#examples.length >= 40) return;
    this.#shown.set(reason, shown + 1);
    const { offset, item: number } = item;
    this.#examples.push({
      offset,
      item: number,
      before: shortened(inputOf(item)),
      after: made === undefined ? '' : shortened(made.value),
      decoded: decodedTexts(verdict.decoded),
      reason,
      detail: detail.slice(0, 1_000),
    });
  }

  result(): Pick<DryRunResult, 'checked' | 'passed' | 'dropped' | 'failed' | 'reasons' | 'examples'> {
    const { passed, dropped, failed } = this.#counts;
    return {
      checked: passed + dropped + failed,
      ...this.#counts,
      reasons: this.#reasons.list(),
      // a copy: who asks may still be writing the answer when the next one comes
      examples: [...this.#examples],
    };
  }
}

function decodedTexts(decoded: Decoded | undefined): string[] {
  if (!decoded) return [];
  return [...decoded.events, ...(decoded.logs ?? [])].slice(0, 5).map((one) => shortened(one));
}

function shortened(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? '');
  return text.length > shownText ? `${text.slice(0, shownText)}…` : text;
}
