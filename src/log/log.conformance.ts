import { describe, expect, it, onTestFinished } from 'vitest';
import type { ReplayMark } from '../contract/replay.ts';
import { type AcceptedRequest, appendedAt } from '../contract/request.ts';
import type { LogReader, LogWriter } from './log.ts';

/** What a log implementation gives the suite: writers and readers of one place that starts empty. */
export interface LogUnderTest {
  writer(): Promise<LogWriter>;
  reader(): LogReader;
}

const encoder = new TextEncoder();

export function requestOf(body: string, over: Partial<AcceptedRequest> = {}): AcceptedRequest {
  return {
    receivedAt: 1_700_000_000_000,
    project: 'p1',
    key: '',
    visitor: '',
    protocol: 'segment',
    method: 'POST',
    path: '/v1/track',
    query: 'a=1',
    headers: { 'user-agent': 'ünit' },
    address: '203.0.113.0',
    body: encoder.encode(body),
    ...over,
  };
}

async function started(
  open: () => Promise<LogUnderTest>,
): Promise<{ log: LogUnderTest; writer: LogWriter; reader: LogReader }> {
  const log = await open();
  const writer = await log.writer();
  const reader = log.reader();
  onTestFinished(async () => {
    reader.close();
    await writer.close();
  });
  return { log, writer, reader };
}

/** Every implementation of the log runs these. */
export function logConformance(name: string, open: () => Promise<LogUnderTest>): void {
  const start = () => started(open);
  describe(name, () => keepsRecords(start));
  describe(`${name}, over time`, () => keepsOrderAndCounts(start));
}

type Start = () => ReturnType<typeof started>;

function keepsRecords(start: Start): void {
  it('an empty log has head 0 and nothing to read', async () => {
    const { reader } = await start();
    expect(reader.head()).toBe(0);
    expect(reader.read(1, 10, 1_000)).toEqual([]);
    expect(reader.trim(10)).toBe(0);
  });

  it('keeps the mark of what is replayed, and none where there is none', async () => {
    const { writer, reader } = await start();
    const replay: ReplayMark = {
      id: 'r',
      at: 1_800_000_000_000,
      offset: 3,
      item: 2,
      origin: { offset: 1, item: 2 },
      by: 'Ada',
      fix: '',
      body: { kind: 'item', envelope: '[]' },
    };
    await writer.append(requestOf('a', { replay }));
    await writer.append(requestOf('b'));
    const records = reader.read(1, 10, 10_000);
    expect(records.map((record) => record.replay)).toEqual([replay, undefined]);
    expect(records.map(appendedAt)).toEqual([1_800_000_000_000, 1_700_000_000_000]);
  });

  it('finds the newest records of a key among those of others, newest first', async () => {
    const { writer, reader } = await start();
    const of = { project: 'p1', protocol: 'hook', key: 'k1' };
    for (const [body, over] of [
      ['1', of],
      ['other key', { ...of, key: 'k2' }],
      ['2', of],
      ['other protocol', { ...of, protocol: 'segment' }],
      ['other project', { ...of, project: 'p2' }],
      ['3', of],
    ] as const)
      await writer.append(requestOf(body, over));
    const bodies = (limit: number): string[] =>
      reader.newest(of, limit).map(({ body }) => Buffer.from(body).toString());
    expect(bodies(10)).toEqual(['3', '2', '1']);
    expect(bodies(2)).toEqual(['3', '2']);
    expect(reader.newest({ ...of, key: 'k3' }, 10)).toEqual([]);
  });

  it('gives back every field and byte of what was appended', async () => {
    const { writer, reader } = await start();
    const body = Uint8Array.from({ length: 256 }, (_, index) => index);
    const request = requestOf('', { body });
    await writer.append(request);
    const [record] = reader.read(1, 10, 1_000_000);
    expect({ ...record, body: Uint8Array.from(record?.body ?? []) }).toEqual({ ...request, offset: 1 });
  });

  it('keeps an empty body', async () => {
    const { writer, reader } = await start();
    await writer.append(requestOf('', { method: 'GET' }));
    expect(reader.read(1, 1, 1)[0]?.body.length).toBe(0);
  });

  it('numbers records 1, 2, 3 in the order of the appends, across commits and restarts', async () => {
    const { log, writer, reader } = await start();
    await Promise.all(Array.from({ length: 500 }, (_, index) => writer.append(requestOf(`${index}`))));
    await writer.append(requestOf('500'));
    await writer.close();
    const second = await log.writer();
    await second.append(requestOf('501'));
    await second.close();
    const records = reader.read(1, 10_000, 1e9);
    expect(records.map((record) => record.offset)).toEqual(
      Array.from({ length: 502 }, (_, index) => index + 1),
    );
    expect(records.map((record) => Buffer.from(record.body).toString())).toEqual(
      Array.from({ length: 502 }, (_, index) => `${index}`),
    );
    expect(reader.head()).toBe(502);
  });

  it('reads at most so many records and about so many bytes, but at least one record', async () => {
    const { writer, reader } = await start();
    for (let index = 0; index < 5; index++) await writer.append(requestOf('x'.repeat(1_000)));
    expect(reader.read(2, 3, 1e9).map((record) => record.offset)).toEqual([2, 3, 4]);
    expect(reader.read(1, 100, 2_900)).toHaveLength(2);
    expect(reader.read(1, 100, 1)).toHaveLength(1);
  });
}

function keepsOrderAndCounts(start: Start): void {
  it('counts requests per minute, project and protocol, and keeps the counts when records are forgotten', async () => {
    const { writer, reader } = await start();
    const minute = 1_700_000_040_000;
    await Promise.all([
      writer.append(requestOf('a', { receivedAt: minute })),
      writer.append(requestOf('b', { receivedAt: minute + 59_999 })),
      writer.append(requestOf('c', { receivedAt: minute, project: 'p2', protocol: 'snowplow' })),
    ]);
    await writer.append(requestOf('d', { receivedAt: minute + 60_000 }));
    await writer.append(requestOf('e', { receivedAt: minute + 1 }));
    reader.trim(6);
    expect(reader.accepted(minute)).toEqual([
      { minute, project: 'p1', protocol: 'segment', requests: 3 },
      { minute, project: 'p2', protocol: 'snowplow', requests: 1 },
      { minute: minute + 60_000, project: 'p1', protocol: 'segment', requests: 1 },
    ]);
    expect(reader.accepted(minute + 60_000)).toHaveLength(1);
  });

  it('forgets the records before an offset, and goes on counting offsets when all are forgotten', async () => {
    const { log, writer, reader } = await start();
    await Promise.all(Array.from({ length: 10 }, (_, index) => writer.append(requestOf(`${index}`))));
    expect(reader.trim(4)).toBe(3);
    expect(reader.read(1, 100, 1e9)[0]?.offset).toBe(4);
    expect(reader.trim(1_000)).toBe(7);
    expect(reader.trim(1_000)).toBe(0);
    expect(reader.head()).toBe(10);
    await writer.close();
    const second = await log.writer();
    await second.append(requestOf('next'));
    await second.close();
    expect(reader.read(1, 100, 1e9).map((record) => record.offset)).toEqual([11]);
  });

  it('close waits until everything appended is kept, and refuses what comes after', async () => {
    const { writer, reader } = await start();
    const appended = Array.from({ length: 100 }, (_, index) => writer.append(requestOf(`${index}`)));
    await writer.close();
    await Promise.all(appended);
    expect(reader.head()).toBe(100);
    await expect(writer.append(requestOf('late'))).rejects.toMatchObject({ code: 'overloaded' });
  });
}
