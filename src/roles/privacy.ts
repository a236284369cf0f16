import type { DataHandlers } from '../api/api.ts';
import { readRecords } from '../archive/archive.ts';
import { maskRequest } from '../collect/collect.ts';
import type { Decoded } from '../contract/event.ts';
import type { Erasure } from '../contract/privacy-endpoints.ts';
import type { PrivacyRules } from '../contract/privacy-settings.ts';
import type { LogRecord } from '../contract/request.ts';
import type { LogReader } from '../log/log.ts';
import { erasedHash } from '../privacy/person/erased.ts';
import { exportPerson } from '../privacy/person/export.ts';
import { idsOfPerson, type PersonIds } from '../privacy/person/ids.ts';
import { Masker, rulesOf } from '../privacy/privacy.ts';
import { namesOf, withNewKey } from '../privacy/pseudonym.ts';
import type { Clock } from '../runtime/clock.ts';
import { TributaryError } from '../runtime/errors.ts';
import { randomSecret } from '../runtime/ids.ts';
import type { Store, StoredErasure } from '../store/store.ts';
import type { ClickHouseClient } from '../warehouse/warehouse.ts';
import { erasureKey, isOnlyProject, newReport, type Target } from './erasures.ts';
import type { Places } from './places.ts';
import { newPseudonymKey, pseudonymKeys } from './privacy-lookup.ts';
import { settingsOf } from './project-settings.ts';
import { retentionRuns } from './retention.ts';

export interface PrivacyParts {
  readonly store: Store;
  readonly warehouse: ClickHouseClient;
  readonly log: LogReader;
  readonly places: Pick<Places, 'lake'>;
  readonly decode: (record: LogRecord) => Decoded | Promise<Decoded>;
  readonly clock: Clock;
}

type PrivacyName =
  | 'tryPrivacy'
  | 'pseudonymKeys'
  | 'rotatePseudonymKey'
  | 'exportPerson'
  | 'startErasure'
  | 'erasures'
  | 'retentionRuns';

export function privacyHandlers(parts: PrivacyParts): Pick<DataHandlers, PrivacyName> {
  const { store, clock } = parts;
  const shownKeys = (keys: readonly { id: number; createdAt: number }[]) => ({
    keys: keys.map(({ id, createdAt }) => ({ id, createdAt })),
  });
  return {
    tryPrivacy: async ({ project, text, rules }) =>
      tryRules(rules ?? (await settingsOf(store, project)).privacy, text, clock.now()),
    pseudonymKeys: async ({ project }) => shownKeys(await pseudonymKeys(store, project, clock.now())),
    rotatePseudonymKey: async ({ project }) => shownKeys(await newPseudonymKey(store, project, clock.now())),
    exportPerson: async ({ project, person }, { answer, caller }) => {
      const found = await findPerson(parts, project, person);
      const isOnly = await isOnlyProject(store, project);
      // a key is of one project, and of a row without one nobody can tell whose it is
      const scope = { project, isOnly, ownTables: caller.kind === 'key' && !isOnly };
      answer.download('person.ndjson', 'application/x-ndjson', exportOf(parts, scope, found));
      return '';
    },
    startErasure: async ({ project, person, rearrival }, { caller }) =>
      shown(
        await startErasure(
          parts,
          project,
          person,
          rearrival,
          caller.kind === 'user' ? caller.user.id : caller.key,
        ),
      ),
    erasures: async ({ project }) => ({ erasures: (await store.privacy.erasures(project)).map(shown) }),
    retentionRuns: async ({ project }) => ({ runs: await retentionRuns(store, project) }),
  };
}

/**
 * What a request with this body would be kept as. Its pseudonyms are made with a key of the moment: with the project's, whoever may try could
 * find out whose a stored pseudonym is.
 */
export function tryRules(
  settings: PrivacyRules,
  text: string,
  now: number,
): { kept: string; changes: number } {
  const rules = rulesOf(settings, withNewKey([], now).at(-1));
  const isAddress = /^(?:[a-z][a-z0-9+.-]{1,30}:\/\/|\/)\S*$/i.test(text.trim());
  if (isAddress) {
    const masker = new Masker(rules, 'tributary');
    const kept = masker.url(Buffer.from(text).toString('latin1'));
    return { kept: Buffer.from(kept, 'latin1').toString(), changes: masker.changes };
  }
  const body = Buffer.from(text);
  const request = {
    receivedAt: 0,
    project: '',
    key: '',
    protocol: 'segment',
    method: 'POST',
    path: '',
    query: '',
    headers: {},
    address: '',
    visitor: '',
    body,
  };
  const kept = Buffer.from(maskRequest(request, rules).body).toString();
  const masker = new Masker(rules, 'segment');
  return { kept, changes: kept === text ? 0 : Math.max(1, countOf(masker, body)) };
}

function countOf(masker: Masker, body: Buffer): number {
  const text = body.toString('latin1');
  if (/^\s*[{[]/.test(text)) masker.json(text);
  else masker.lines(text);
  return masker.changes;
}

/** All ids of the person; rejects with `not-found` when there is nobody. */
export async function findPerson(
  { store, warehouse, clock }: Pick<PrivacyParts, 'store' | 'warehouse' | 'clock'>,
  project: string,
  text: string,
): Promise<PersonIds> {
  const names = namesOf(await pseudonymKeys(store, project, clock.now()), text);
  return idsOfPerson(warehouse, project, text, text.startsWith('key:') ? [] : names);
}

export function exportOf(
  { warehouse, log, places, decode }: Pick<PrivacyParts, 'warehouse' | 'log' | 'places' | 'decode'>,
  scope: Parameters<typeof exportPerson>[1],
  person: PersonIds,
): AsyncIterable<string> {
  return exportPerson(
    { warehouse, decode, records: readRecords({ lake: places.lake, log, project: scope.project }) },
    scope,
    person,
  );
}

export async function startErasure(
  parts: Pick<PrivacyParts, 'store' | 'warehouse' | 'clock'>,
  project: string,
  text: string,
  rearrival: Erasure['rearrival'],
  by: string,
): Promise<StoredErasure> {
  const { store, clock } = parts;
  const person = await findPerson(parts, project, text);
  if (person.ids.length === 0) throw new TributaryError('not-found', 'nobody has this id');
  const now = clock.now();
  const subject = erasedHash(await erasureKey(store, project, now), person.keys[0] ?? '');
  const target: Target = { person };
  const report = newReport(subject, person.ids.length);
  const erasure = {
    id: randomSecret('er', 9),
    project,
    createdAt: now,
    by,
    rearrival,
    target: JSON.stringify(target),
    report,
  };
  await store.privacy.addErasure(erasure);
  return { ...erasure, finishedAt: null };
}

export function shown({ id, project, createdAt, finishedAt, by, rearrival, report }: StoredErasure): Erasure {
  return { id, project, createdAt, finishedAt, by, rearrival, report };
}
