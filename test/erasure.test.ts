import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Erasure } from '../src/contract/privacy-endpoints.ts';
import { retentionRules } from '../src/contract/privacy-settings.ts';
import type { LedgerRow } from '../src/contract/result.ts';
import { applyRetention } from '../src/roles/retention.ts';
import { connect } from '../src/warehouse/warehouse.ts';
import { adminEmail, adminPassword, type Program, startProgram, writeKey } from './program.ts';

// Random bytes, which no codec compresses: whoever searches the files finds them as they were sent.
const noise = (seed: number): string =>
  Array.from({ length: 48 }, (_, index) =>
    ((Math.imul(index + 1, 2_654_435_761 + seed * 97) >>> 9) % 36).toString(36),
  ).join('');
const mark = `mk${noise(1)}`;
const user = `usr-${noise(2)}`;
const device = `dev-${noise(3)}`;
const email = `${noise(4)}@person.example`;
const traces = [mark, user, device, email];

let program: Program;
beforeAll(async () => {
  program = await startProgram();
});
afterAll(async () => {
  await program?.stop();
});

async function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<void> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(`${program.url}${path}`, {
    method: 'POST',
    body: text,
    headers: { 'content-type': 'application/json', ...headers },
  });
  expect([path, answer.status]).toEqual([path, 200]);
}

const basic = { authorization: `Basic ${btoa(`${writeKey}:`)}` };

/** The person through several protocols, somebody else beside in the same requests, a failure of each, and log lines. */
async function live(round: string): Promise<void> {
  await post(
    '/v1/batch',
    {
      batch: [
        {
          type: 'identify',
          userId: user,
          anonymousId: device,
          messageId: `i-${round}`,
          traits: { email, note: mark },
        },
        {
          type: 'track',
          event: 'Bought',
          userId: user,
          messageId: `b-${round}`,
          properties: { note: mark, amount: 5 },
        },
        {
          type: 'track',
          event: 'Bought',
          userId: 'other-person',
          messageId: `o-${round}`,
          properties: { amount: 7 },
        },
        { type: 'track', userId: user, messageId: `q-${round}`, properties: { note: mark } },
      ],
    },
    basic,
  );
  await post('/t', {
    k: writeKey,
    e: [
      { n: 'Seen', i: `s-${round}`, a: device, p: { note: mark } },
      { n: 'Seen', i: `t-${round}`, a: 'other-device' },
    ],
  });
  const mixpanel = [
    {
      event: 'Played',
      properties: {
        token: writeKey,
        distinct_id: user,
        $user_id: user,
        $insert_id: `p-${round}`,
        time: Date.now(),
        note: mark,
      },
    },
    {
      event: 'Played',
      properties: {
        token: writeKey,
        distinct_id: 'other-person',
        $user_id: 'other-person',
        $insert_id: `r-${round}`,
        time: Date.now(),
      },
    },
  ];
  await post(
    '/track',
    `data=${encodeURIComponent(Buffer.from(JSON.stringify(mixpanel)).toString('base64'))}`,
    { 'content-type': 'application/x-www-form-urlencoded' },
  );
  await post(
    '/lines/v1',
    JSON.stringify({ message: `charged ${user} ${mark}`, user_id: user, service: 'shop' }),
    { authorization: `Bearer ${writeKey}` },
  );
}

/** Files of the data folder in which any of the texts stands, decompressed where they are compressed. */
function filesWith(texts: readonly string[]): string[] {
  const found: string[] = [];
  for (const name of readdirSync(program.data, { recursive: true, encoding: 'utf8' })) {
    const path = join(program.data, name);
    try {
      if (!statSync(path).isFile()) continue;
      let bytes: Buffer = readFileSync(path);
      if (name.endsWith('.zst')) bytes = zstdDecompressSync(bytes);
      if (texts.some((text) => bytes.includes(text))) found.push(name.split('/').slice(0, 2).join('/'));
    } catch (error) {
      // the engine merges and removes parts meanwhile
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return [...new Set(found)].toSorted();
}

async function signIn(): Promise<string> {
  const answer = await fetch(`${program.url}/api/auth/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: program.url },
    body: JSON.stringify({ email: adminEmail, password: adminPassword }),
  });
  return answer.headers.get('set-cookie')?.split(';')[0] ?? '';
}

const project = (): Promise<string> =>
  program
    .call<{ projects: { id: string }[] }>('GET', '/api/projects')
    .then(({ projects }) => projects[0]?.id ?? '');

test('a person is erased from everywhere, the others stay, and what arrives again is dropped', async () => {
  await live('1');
  await program.until('SELECT count() FROM tributary.events', 7);
  await expect.poll(() => program.rows('SELECT 1 FROM tributary.quarantine')).not.toEqual([]);
  const id = await project();
  const before = filesWith(traces);
  expect(before).toEqual(expect.arrayContaining(['log-wal', 'state.db-wal', 'warehouse/store']));

  const exported = await fetch(
    `${program.url}/api/projects/${id}/person-export?person=${encodeURIComponent(user)}`,
    {
      headers: { cookie: await signIn() },
    },
  ).then((answer) => answer.text());
  const lines = exported
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { from: string; row: Record<string, unknown> });
  const sources = new Set(lines.map(({ from }) => from));
  expect([...sources]).toEqual(
    expect.arrayContaining([
      'person',
      'tributary.events',
      'tributary.persons',
      'tributary.identities',
      'tributary.quarantine',
      'raw',
    ]),
  );
  expect(exported).not.toContain('"user_id":"other-person"');

  const started = await program.call<Erasure>('POST', `/api/projects/${id}/erasures`, { person: email });
  expect(JSON.stringify(started)).not.toContain(user);
  const list = (): Promise<Erasure[]> =>
    program
      .call<{ erasures: Erasure[] }>('GET', `/api/projects/${id}/erasures`)
      .then(({ erasures }) => erasures);
  // whoever does it may end at any time
  for (const pid of program.pids('web')) process.kill(pid, 'SIGKILL');
  await expect
    .poll(async () => (await list().catch(() => []))[0]?.report.state, { timeout: 120_000, interval: 250 })
    .toBe('done');
  const [done] = await list();
  const places = done?.report.parts.flatMap(({ removed }) => removed.map(({ where }) => where));
  expect(places).toEqual(
    expect.arrayContaining([
      'pipeline',
      'tributary.events',
      'tributary.persons',
      'tributary.quarantine',
      'raw log',
    ]),
  );
  expect(traces.filter((text) => JSON.stringify(done).includes(text))).toEqual([]);

  expect(filesWith(traces)).toEqual([]);
  expect(
    await program.rows('SELECT event, count() AS n FROM tributary.events GROUP BY event ORDER BY event'),
  ).toEqual([
    { event: 'Bought', n: 1 },
    { event: 'Played', n: 1 },
    { event: 'Seen', n: 1 },
  ]);

  await live('2');
  await program.until("SELECT count() FROM tributary.events WHERE user_id = 'other-person'", 4);
  expect(
    await program.rows(
      "SELECT count() AS n FROM tributary.events WHERE user_id != 'other-person' AND anonymous_id != 'other-device'",
    ),
  ).toEqual([{ n: 0 }]);
  await expect
    .poll(() =>
      program.rows(
        "SELECT sum(count) AS n FROM tributary.ledger WHERE hop = 'dropped' AND reason = 'erased'",
      ),
    )
    .not.toEqual([{ n: 0 }]);
  const { ledger } = await program.call<{ ledger: LedgerRow[] }>(
    'GET',
    `/api/pipeline?project=${id}&minutes=60`,
  );
  const unbalanced = ledger.filter(
    ({ decoded, loaded, quarantined, duplicates, dropped, stored, removed }) =>
      decoded !== loaded + quarantined + duplicates + Object.values(dropped).reduce((a, b) => a + b, 0) ||
      loaded !== stored + removed,
  );
  expect(unbalanced).toEqual([]);
});

test('what is older than the project keeps it is deleted, by kind and by name, and told', async () => {
  const id = await project();
  const { warehouse: password } = JSON.parse(readFileSync(join(program.data, 'secrets.json'), 'utf8')) as {
    warehouse: string;
  };
  const warehouse = connect({
    url: `http://127.0.0.1:${program.warehousePort}`,
    user: 'tributary',
    password,
  });
  const events = (): Promise<{ event: string; n: number }[]> =>
    program.rows(
      "SELECT event, count() AS n FROM tributary.events WHERE event IN ('Bought', 'Played', 'Seen') GROUP BY event ORDER BY event",
    );
  try {
    const before = await events();
    const soon = Date.now() + 40 * 86_400_000;
    const named = retentionRules.parse({ eventNames: { Seen: 30 }, events: 50 });
    const seen = before.find(({ event }) => event === 'Seen')?.n ?? 0;
    expect(seen).toBeGreaterThan(0);
    expect(await applyRetention(warehouse, id, named, soon)).toMatchObject([
      { table: 'tributary.events', rule: 'Seen', rows: seen },
    ]);
    expect(await events()).toEqual(before.filter(({ event }) => event !== 'Seen'));
    expect(await applyRetention(warehouse, id, named, soon)).toEqual([]);
    await applyRetention(warehouse, id, retentionRules.parse({ events: 30, quarantine: 30 }), soon);
    expect(await events()).toEqual([]);
    expect(await program.rows('SELECT 1 FROM tributary.quarantine')).toEqual([]);
    expect(await applyRetention(warehouse, 'nobody', retentionRules.parse({ sessions: 1 }), soon)).toEqual(
      [],
    );
    const { ledger } = await program.call<{ ledger: LedgerRow[] }>(
      'GET',
      `/api/pipeline?project=${id}&minutes=60`,
    );
    expect(ledger.filter(({ loaded, stored, removed }) => loaded !== stored + removed)).toEqual([]);
  } finally {
    await warehouse.close();
  }
});
