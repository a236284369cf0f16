import type { ClickHouseClient } from '@clickhouse/client';
import { explained, placesOf } from '../contract/bots.ts';
import type { BotReport } from '../contract/counting-endpoints.ts';
import type { ParsedInput } from '../contract/endpoints.ts';
import { type BotRules, botLayers } from '../contract/project-settings.ts';
import type { Clock } from '../runtime/clock.ts';
import { ask } from './ask.ts';
import {
  botScoreSql,
  type CountingRules,
  countedEvents,
  countedSessions,
  everything,
  layerScoreSql,
} from './counted.ts';
import { Parameters } from './parameters.ts';
import { eventsWhere, sessionsWhere } from './scope.ts';

const day = 86_400_000;
const listed = 12;

interface Question {
  readonly warehouse: ClickHouseClient;
  readonly project: string;
  readonly range: { readonly start: number; readonly end: number };
  /** SQL of the score that the layers give, and that it is a bot's. */
  readonly score: string;
  readonly isBot: string;
  readonly layers: BotRules['layers'];
  readonly threshold: number;
}

/** Who is a bot by these layers and this threshold: how many, why, and what it would leave out of the charts. */
export async function botReport(
  warehouse: ClickHouseClient,
  clock: Clock,
  input: ParsedInput<'bots'>,
  rules: CountingRules,
): Promise<BotReport> {
  const end = clock.now() + 1;
  const layers = input.layers ?? rules.bots.layers;
  const threshold = input.threshold ?? rules.bots.threshold;
  const score = botScoreSql({ layers });
  const isBot = `${score} >= ${threshold}`;
  const range = { start: end - input.days * day, end };
  const question = { warehouse, project: input.project, range, score, isBot, layers, threshold };
  const [totals, sessions, ofLayers, networks, agents, visitors] = await Promise.all([
    totalsOf(question),
    sessionsOf(question),
    layersOf(question),
    wordsOf(question, 'network'),
    wordsOf(question, 'agent'),
    visitorsOf(question),
  ]);
  const asked = { rules: { ...rules, bots: { ...rules.bots, layers, threshold } }, includeBots: false };
  return {
    all: { events: totals.events, people: totals.people, sessions: sessions.all },
    bots: {
      events: totals.botEvents,
      people: totals.botPeople,
      sessions: sessions.bots,
      paying: totals.paying,
    },
    layers: ofLayers,
    networks,
    agents,
    visitors,
    sql: {
      events: countedEvents(asked).join(' AND ') || '1',
      sessions: countedSessions(asked).join(' AND ') || '1',
    },
  };
}

const all = { filters: [], includeBots: true, rules: everything };

async function totalsOf({ isBot, project, range, warehouse }: Question) {
  const parameters = new Parameters(project);
  const [row] = await ask<Record<'events' | 'people' | 'botEvents' | 'botPeople' | 'paying', number>>(
    warehouse,
    `SELECT sum(n) AS events, count() AS people, sum(bots) AS botEvents, countIf(bots > 0) AS botPeople,
      countIf(bots > 0 AND paid) AS paying
    FROM (
      SELECT person_id, count() AS n, countIf(${isBot}) AS bots, max(revenue > 0) = 1 AS paid
      FROM tributary.events WHERE ${eventsWhere(all, range, parameters)} GROUP BY person_id
    )`,
    parameters,
  );
  return row ?? { events: 0, people: 0, botEvents: 0, botPeople: 0, paying: 0 };
}

async function sessionsOf({ isBot, project, range, warehouse }: Question) {
  const parameters = new Parameters(project);
  const [row] = await ask<{ all: number; bots: number }>(
    warehouse,
    `SELECT count() AS all, countIf(${isBot}) AS bots FROM tributary.sessions FINAL
    WHERE ${sessionsWhere(all, range, parameters)}`,
    parameters,
  );
  return row ?? { all: 0, bots: 0 };
}

/** Of layers that the policy leaves out, too: they can be put in again. */
async function layersOf({ isBot, layers, project, range, score, threshold, warehouse }: Question) {
  const parameters = new Parameters(project);
  const columns = placesOf([...botLayers]).map((place) => {
    const own = layerScoreSql(place);
    const counts = layers.includes(botLayers[place] ?? 'agent');
    // bot_score ends at 100: without the layer counts what the others give
    const others = layers.filter((layer) => layer !== botLayers[place]);
    const decisive = counts ? `countIf(${isBot} AND ${botScoreSql({ layers: others })} < ${threshold})` : '0';
    return `(countIf(${own} > 0), uniqExactIf(person_id, ${own} > 0), ${decisive})`;
  });
  const rows = await ask<{ counts: readonly (readonly [number, number, number])[] }>(
    warehouse,
    `SELECT [${columns.join(', ')}] AS counts FROM tributary.events
    WHERE ${eventsWhere(all, range, parameters)} AND bot_layers != 0 AND ${score} >= 0`,
    parameters,
  );
  return botLayers.map((layer, place) => {
    const [events = 0, people = 0, decisive = 0] = rows[0]?.counts[place] ?? [];
    return { layer, events, people, decisive };
  });
}

/** What a layer said, by its words in `bot_reason`. */
async function wordsOf({ isBot, project, range, warehouse }: Question, layer: 'network' | 'agent') {
  const parameters = new Parameters(project);
  return await ask<{ words: string; events: number; people: number; bots: number }>(
    warehouse,
    `SELECT extract(toString(bot_reason), '${layer} [0-9]+: ([^;]*)') AS words, count() AS events,
      uniqExact(person_id) AS people, countIf(${isBot}) AS bots
    FROM tributary.events
    WHERE ${eventsWhere(all, range, parameters)} AND bot_layers != 0 AND words != ''
    GROUP BY words ORDER BY events DESC, words LIMIT ${listed}`,
    parameters,
  );
}

type Visitor = BotReport['visitors'][number];

async function visitorsOf({ isBot, project, range, score, warehouse }: Question): Promise<Visitor[]> {
  const parameters = new Parameters(project);
  const rows = await ask<Omit<Visitor, 'found'> & { layers: number; reason: string }>(
    warehouse,
    `SELECT toString(person_id) AS personId, anyIf(user_id, user_id != '') AS userId,
      anyIf(anonymous_id, anonymous_id != '') AS anonymousId, any(country) AS country,
      countIf(${isBot}) AS events, toUnixTimestamp64Milli(maxIf(timestamp, ${isBot})) AS last,
      sum(ifNull(revenue, 0)) AS revenue, least(max(${score}), 100) AS score,
      argMax(bot_layers, ${score}) AS layers, argMax(toString(bot_reason), ${score}) AS reason
    FROM tributary.events
    WHERE ${eventsWhere(all, range, parameters)}
    GROUP BY person_id HAVING events > 0 ORDER BY events DESC, personId LIMIT ${listed}`,
    parameters,
  );
  return rows.map(({ layers, reason, ...row }) => ({ ...row, found: explained(Number(layers), reason) }));
}
