import { eventSamples, planDrift, planEvent, planEvents } from '../analyze/analyze.ts';
import type { Caller, DataHandlers } from '../api/api.ts';
import type { EventVolume, PlannedEventFacts } from '../contract/plan-endpoints.ts';
import { describedProperties, inferSchema, newest } from '../plan/plan.ts';
import type { Clock } from '../runtime/clock.ts';
import { TributaryError } from '../runtime/errors.ts';
import type { ClickHouseClient } from '../warehouse/warehouse.ts';
import type { KeptEvent, PlanKeeper } from './plan-keeper.ts';

type PlanEndpoint =
  | 'plan'
  | 'planEvent'
  | 'planDrift'
  | 'inferSchema'
  | 'savePlanSchema'
  | 'removePlanSchema';

export function planHandlers(
  keeper: PlanKeeper,
  warehouse: ClickHouseClient,
  clock: Clock,
): Pick<DataHandlers, PlanEndpoint> {
  return {
    plan: async ({ project, timezone }) => {
      const planned = newest(await keeper.planOf(project));
      const named = planned.map(({ name }) => name);
      const volumes = await planEvents(warehouse, clock, { project, timezone, named });
      const byName = new Map(volumes.map((volume) => [volume.event, volume]));
      const plans = new Map(planned.map((event) => [event.name, event]));
      const names = new Set([...byName.keys(), ...named]);
      const events = [...names].map((name) => factsOf(name, plans.get(name), byName.get(name)));
      return {
        problems: [...keeper.problems],
        schemas: planned.length,
        events,
        bytes: volumes.reduce((sum, { bytes }) => sum + bytes, 0),
      };
    },

    planEvent: async (input) => {
      const planned = newest(await keeper.planOf(input.project));
      const found = planned.find(({ name }) => name === input.event);
      return {
        event: input.event,
        origin: found?.origin ?? null,
        file: found?.origin === 'file' ? found.file : '',
        schema: found ? JSON.stringify(found.schema, null, 2) : '',
        properties: found ? describedProperties(found.schema) : [],
        ...(await planEvent(warehouse, clock, input)),
      };
    },

    planDrift: (input) => planDrift(warehouse, clock, input),

    inferSchema: async (input) => {
      const samples = await eventSamples(warehouse, clock, input);
      if (samples.length === 0)
        throw new TributaryError(
          'not-found',
          `no event "${input.event}" came in the last ${input.days} days`,
        );
      const schema = inferSchema(samples, { title: input.event, nullsAreLost: true });
      return {
        schema: JSON.stringify(schema, null, 2),
        properties: describedProperties(schema),
        events: samples.length,
      };
    },

    savePlanSchema: async ({ project, schema }, { caller }) => {
      const { name } = await keeper.save(project, schema, idOf(caller));
      return { event: name };
    },

    removePlanSchema: async ({ project, event }, { caller }) => {
      await keeper.remove(project, event, idOf(caller));
      return { ok: true };
    },
  };
}

function idOf(caller: Caller): string {
  return caller.kind === 'user' ? caller.user.id : caller.key;
}

function factsOf(
  name: string,
  planned: KeptEvent | undefined,
  volume: EventVolume | undefined,
): PlannedEventFacts {
  const type = volume?.type ?? '';
  const isKnown = (type !== '' && type !== 'track') || name.startsWith('$');
  return {
    event: name,
    type,
    kind: planned ? 'planned' : isKnown ? 'known' : 'unplanned',
    origin: planned?.origin ?? null,
    file: planned?.origin === 'file' ? planned.file : '',
    iglu: planned?.iglu?.key ?? '',
    description: planned?.description ?? '',
    owner: planned?.owner ?? '',
    policy: planned?.policy ?? null,
    week: volume?.week ?? { valid: 0, unplanned: 0, violating: 0, unchecked: 0, quarantined: 0 },
    days: [...(volume?.days ?? [0, 0, 0, 0, 0, 0, 0])],
    lastSeen: volume?.lastSeen ?? null,
    events: volume?.events ?? 0,
    bytes: volume?.bytes ?? 0,
  };
}
