import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clients } from './clients.ts';
import { steps } from './journey.ts';
import type { Result } from './observations.ts';

const resultsFile = join(import.meta.dirname, 'fixtures/results.json');
const pageFile = join(import.meta.dirname, '../../docs/clients.md');

/** What is committed beside what it would be with these results; clients that were not run now stay as they were. */
export function compareWithPage(results: readonly Result[]) {
  const committed = readResults();
  const expected = merged(committed, results);
  return { committed, expected, page: read(pageFile), expectedPage: pageOf(expected) };
}

export function writePage(results: readonly Result[]): void {
  const all = merged(readResults(), results);
  writeFileSync(resultsFile, `${JSON.stringify(all, undefined, 2)}\n`);
  writeFileSync(pageFile, pageOf(all));
}

function readResults(): Result[] {
  return existsSync(resultsFile) ? (JSON.parse(read(resultsFile)) as Result[]) : [];
}

function read(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** In the order of the table of clients, without those that are there no more. */
function merged(before: readonly Result[], now: readonly Result[]): Result[] {
  return clients.flatMap((client) => {
    const same = (one: Result): boolean =>
      one.name === client.name && one.mode === client.mode && one.language === client.language;
    return now.find(same) ?? before.find(same) ?? [];
  });
}

const titles: Readonly<Record<string, string>> = {
  segment: 'Segment',
  rudderstack: 'RudderStack',
  snowplow: 'Snowplow',
  posthog: 'PostHog',
  mixpanel: 'Mixpanel',
  amplitude: 'Amplitude',
  ga4: 'GA4',
  matomo: 'Matomo',
  plausible: 'Plausible',
  umami: 'Umami',
};
const languages: Readonly<Record<string, string>> = {
  node: 'Node',
  browser: 'browser',
  python: 'Python',
  go: 'Go',
  java: 'Java',
};

function pageOf(results: readonly Result[]): string {
  const protocols = Object.keys(titles).filter((name) => results.some(({ protocol }) => protocol === name));
  return [introduction(results), ...protocols.map((name) => section(name, results)), legend].join('\n\n');
}

function introduction(results: readonly Result[]): string {
  return `# Clients

<!-- Written by test/parity/parity.test.ts with UPDATE_PARITY=1. Do not edit. -->

Published client libraries, as their registries have them, sent the same calls to a real Tributary: ${results.length} clients, each in fair
and in bad weather. The tables show what was in the warehouse afterwards. Nothing was there twice, and nothing that was not sent.

How to point each of them here: [Send events](send-events.md).`;
}

const columns = ['client', '', 'version', ...steps, '503', 'broken', 'slow', 'offline'];

function section(protocol: string, results: readonly Result[]): string {
  const own = results.filter((result) => result.protocol === protocol);
  const notes = own.flatMap(({ name, language, note }) =>
    note ? [`- \`${name}\` (${languages[language]}): ${note}.`] : [],
  );
  const table = [columns, columns.map(() => '---'), ...own.map(row)].map(
    (cells) => `| ${cells.join(' | ')} |`,
  );
  return [`## ${titles[protocol]}`, table.join('\n'), ...(notes.length > 0 ? [notes.join('\n')] : [])].join(
    '\n\n',
  );
}

function row({ name, mode, language, version, calls, lost, offline }: Result): string[] {
  const outcome = (condition: 'unavailable' | 'reset' | 'slow'): string => {
    const steps = lost[condition] ?? [];
    if (steps.length === 0) return '✓';
    return steps.length === calls.length ? 'lost' : `loses ${steps.length}`;
  };
  return [
    `\`${name}\`${mode ? ` (${mode})` : ''}`,
    languages[language] ?? language,
    version,
    ...steps.map((step) => (calls.includes(step) ? '✓' : '–')),
    outcome('unavailable'),
    outcome('reset'),
    outcome('slow'),
    language === 'browser' ? (offline ?? '') : '',
  ];
}

const legend = `## What the columns mean

| column | means |
|---|---|
| track … alias | ✓: the call arrived once, with its name, id, time, properties, revenue, and with traits, groups and aliases as the person’s and the account’s. –: the client has no such call |
| 503 | the first two requests with events were answered with 503 and \`Retry-After\`. ✓: all arrived. loses 2: the client does not send those again |
| broken | the first connection broke before the request arrived, the second after it, so that the client sends again what is stored already |
| slow | the first two answers took two seconds |
| offline | browsers: the calls were made without a network. next page: they wait for the network even when the tab is closed; same page: while it is open |
`;
