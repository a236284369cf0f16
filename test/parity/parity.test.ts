import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { launchChromium } from '../chromium.ts';
import { type Program, startProgram } from '../program.ts';
import { runPages } from './browser.ts';
import type { Client, Condition } from './client.ts';
import { clients } from './clients.ts';
import { arrivedOf, callsOf, comparePeople, compareRows } from './compare.ts';
import { runProgram } from './drive.ts';
import { openGate } from './gate.ts';
import { type Journey, journeyOf, type Step } from './journey.ts';
import { conditionsOf, Observations } from './observations.ts';
import { compareWithPage, writePage } from './page.ts';
import { type Prepared, prepareClients } from './prepare.ts';
import { peopleOf, quarantinedOf, storedOf, untilStored } from './warehouse.ts';

let program: Program;
let browser: Browser;
let prepared: Prepared;
const observed = new Observations();
beforeAll(async () => {
  prepared = prepareClients();
  [program, browser] = await Promise.all([startProgram(), launchChromium()]);
  // signs in, before ten do so at once
  await program.call('GET', '/api/projects');
}, 600_000);
afterAll(async () => {
  await browser?.close();
  await program?.[Symbol.asyncDispose]();
});

for (const client of clients) {
  describe.concurrent([client.language, client.name, client.mode].filter(Boolean).join(' '), () => {
    test.for(conditionsOf(client))('%s', async (condition, { expect }) => {
      const name = [client.language, client.program, client.mode, condition].filter(Boolean).join('-');
      const { project, writeKey } = await program.call<{ project: { id: string }; writeKey: string }>(
        'POST',
        '/api/projects',
        { name },
      );
      const weather = condition === 'offline' ? 'clear' : condition;
      await using gate = await openGate(program.url, weather, client.protocol, client.meets);
      const lost = lostOf(client, condition);
      const began = Date.now();
      const count = callsOf(client).length + (client.also?.length ?? 0) - lost.length;
      const arrived = (more: number) => untilStored(program, project.id, count + more);
      const asked = journeyOf(name.replaceAll(' ', '-'), gate.url, writeKey);
      const journey = await run(client, condition, asked, arrived);
      const rows = await storedOf(program, project.id, writeKey);
      observed.record(client, condition, arrivedOf(client, journey, rows));
      const problems = [
        ...compareRows(client, journey, rows, lost, {
          began,
          ended: Date.now(),
          sent: gate.sent(),
        }),
        ...(await quarantinedOf(program, project.id)),
      ];
      await expect
        .poll(
          async () => [
            ...problems,
            ...comparePeople(client, journey, await peopleOf(program, project.id, journey), lost),
          ],
          { timeout: 3_000, message: gate.log.join('\n') },
        )
        .toEqual([]);
    });
  });
}

test('docs/clients.md shows what this run showed', ({ expect }) => {
  const results = observed.results(prepared);
  if (process.env.UPDATE_PARITY === '1') writePage(results);
  const { page, expectedPage, committed, expected } = compareWithPage(results);
  expect(committed, 'UPDATE_PARITY=1 writes test/parity/fixtures/results.json anew').toEqual(expected);
  expect(page, 'UPDATE_PARITY=1 writes docs/clients.md anew').toBe(expectedPage);
});

function lostOf(client: Client, condition: Condition): readonly Step[] {
  if (condition === 'offline') return client.offline === 'lost' ? callsOf(client) : [];
  return client.loses?.[condition] ?? [];
}

/** Answers the journey as it was: a browser's page is where it is. */
async function run(
  client: Client,
  condition: Condition,
  journey: Journey,
  arrived: (more: number) => Promise<void>,
): Promise<Journey> {
  if (client.language !== 'browser') {
    await runProgram(client, journey, prepared);
    return journey;
  }
  const journeyAt = (url: string) => ({
    ...journey,
    page: { ...journey.page, url, title: 'A customer’s site' },
  });
  return runPages(browser, client, journeyAt, condition === 'offline', arrived);
}
