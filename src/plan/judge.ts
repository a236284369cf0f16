import type { DecodedEvent, JsonObject, SelfDescribing } from '../contract/event.ts';
import type { PlanJudge, PlanReader, PlanSchema, PlanSet, PlanVerdict } from '../contract/plan.ts';
import { maskedKind } from './personal.ts';
import { compile, type Validators } from './validators.ts';
import { violationLines } from './violation.ts';

/** Of an event with more properties than that only the first fault is told: all of them could be millions. */
const maxLookedAt = 500;
/** Plans of so many projects stay compiled. */
const maxPlans = 100;

const noPlan: PlanVerdict = Object.freeze({ status: '', errors: '' });
const valid: PlanVerdict = Object.freeze({ status: 'valid', errors: '' });
const unplanned: PlanVerdict = Object.freeze({ status: 'unplanned', errors: '' });

/** Reads plans and keeps those that were asked for lately, since compiling takes about a millisecond for each schema. */
export function createPlanReader(): PlanReader {
  const judges = new Map<string, PlanJudge>();
  return (text) => {
    let judge = judges.get(text);
    if (judge === undefined) {
      judge = judgeOf(JSON.parse(text) as PlanSet);
      if (judges.size >= maxPlans) judges.delete(judges.keys().next().value ?? '');
      judges.set(text, judge);
    }
    return judge;
  };
}

/**
 * The plan's word on an event. Calls that are not named by the sender (page, identify, …) and names that begin with `$` are known without a
 * schema. A self-describing event is looked up by vendor, name and version, the others by their name.
 */
export function judgeOf({ schemas }: Pick<PlanSet, 'schemas'>): PlanJudge {
  if (schemas.length === 0) return () => noPlan;
  const registry = new Registry(schemas);
  return (event, properties) => {
    const own = registry.judge(event, properties);
    return event.contexts === undefined ? own : registry.withContexts(own, event.contexts);
  };
}

class Registry {
  readonly #byName = new Map<string, Planned>();
  readonly #byIglu = new Map<string, Planned>();
  /** Versions by `vendor/name`. */
  readonly #versions = new Map<string, string[]>();

  constructor(schemas: readonly PlanSchema[]) {
    for (const schema of schemas) {
      const planned = new Planned(schema);
      if (schema.iglu !== undefined) this.#addIglu(schema.iglu, planned);
      // a schema that is not self-describing is meant by its name; of versions the newest, which comes last
      const known = this.#byName.get(schema.event);
      if (known === undefined || known.schema.iglu !== undefined) this.#byName.set(schema.event, planned);
    }
  }

  judge(event: DecodedEvent, properties: JsonObject): PlanVerdict {
    const said = this.#byIglu.size === 0 ? undefined : properties.$schema;
    if (typeof said === 'string') {
      const exact = this.#byIglu.get(said);
      if (exact !== undefined) return exact.judge(properties);
      const versions = this.#versions.get(withoutVersion(said));
      if (versions !== undefined)
        return {
          status: 'unplanned',
          errors: `$schema: is not in the plan, which has ${versions.slice(-3).join(', ')}`,
        };
    }
    const planned = this.#byName.get(event.event);
    if (planned !== undefined) return planned.judge(properties);
    return event.type !== 'track' || event.event.startsWith('$') ? valid : unplanned;
  }

  /** Contexts of schemas that the plan does not have are the trackers' own, mostly. */
  withContexts(own: PlanVerdict, contexts: readonly SelfDescribing[]): PlanVerdict {
    let verdict = own;
    for (const { schema, data } of contexts) {
      const found = this.#byIglu.get(schema)?.judge(data);
      if (found === undefined || found.status !== 'violating') continue;
      const name = schema.split('/')[1] ?? '';
      const lines = found.errors.split('\n').map((line) => `context ${name}.${line}`);
      verdict = {
        status: 'violating',
        errors: [...(verdict.errors === '' ? [] : [verdict.errors]), ...lines].join('\n').slice(0, 1_000),
        refusedBy: verdict.refusedBy ?? found.refusedBy,
      };
    }
    return verdict;
  }

  #addIglu(iglu: string, planned: Planned): void {
    this.#byIglu.set(iglu, planned);
    const name = withoutVersion(iglu);
    const versions = this.#versions.get(name) ?? [];
    versions.push(iglu.slice(name.length + 1));
    this.#versions.set(name, versions);
  }
}

function withoutVersion(iglu: string): string {
  return iglu.slice(0, Math.max(0, iglu.lastIndexOf('/')));
}

class Planned {
  readonly schema: PlanSchema;
  #validators: Validators | undefined;

  constructor(schema: PlanSchema) {
    this.schema = schema;
  }

  judge(properties: JsonObject): PlanVerdict {
    const { policy, event, schema } = this.schema;
    if (policy === 'pass') return valid;
    this.#validators ??= compile(schema);
    const { fits, faults } = this.#validators;
    if (fits(properties)) return valid;
    // of a value that was masked before the log nobody knows any more whether it was right
    const errors = (isLarge(properties) ? (fits.errors ?? []) : faults(properties)).filter(
      ({ data }) => maskedKind(data) === undefined,
    );
    if (errors.length === 0) return valid;
    return {
      status: 'violating',
      errors: violationLines(errors),
      refusedBy: policy === 'quarantine' ? event : undefined,
    };
  }
}

function isLarge(properties: JsonObject): boolean {
  let left = maxLookedAt;
  const look = (value: unknown): boolean => {
    if (typeof value !== 'object' || value === null) return false;
    for (const one of Object.values(value)) if (--left < 0 || look(one)) return true;
    return false;
  };
  return look(properties);
}
