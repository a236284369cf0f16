import { beforeEach, describe, expect, test } from 'vitest';
import type { Source } from '../contract/source.ts';
import type { fakeClock } from '../runtime/clock.ts';
import type { NewKey, SendingKey, Store } from './store.ts';

const hour = 3_600_000;

interface World {
  readonly clock: ReturnType<typeof fakeClock>;
  readonly store: Store;
}

/** What write keys with settings must do in every implementation of the store. */
export function sourceConformance(world: World): void {
  beforeEach(async () => {
    await world.store.projects.create({ name: 'One', timezone: 'UTC' });
  });
  describe('have settings and', () => settings(world));
  describe('change their key and', () => rotation(world));
}

type NewSource = Partial<Extract<NewKey, { kind: 'write' }>>;

async function make(world: World, more: NewSource = {}): Promise<Source> {
  const { key } = await world.store.keys.create({ project: 'one', kind: 'write', name: 'Web', ...more });
  return world.store.keys.source('one', key.id);
}

function senderOf(world: World, value: string): Promise<SendingKey | undefined> {
  return world.store.keys.sender(value);
}

function settings(world: World): void {
  test('for links in e-mails have a secret of their own from the start', async () => {
    const { keys } = world.store;
    const mail = await make(world, { door: 'email', secret: 'chosen by somebody' });
    const secret = await keys.secret('one', mail.id);
    expect(secret).toMatch(/^es_[\w-]{43}$/);
    expect(await senderOf(world, mail.key)).toMatchObject({ door: 'email', secret });
    expect(await keys.secret('one', (await make(world)).id)).toBeUndefined();
    await expect(keys.secret('two', mail.id)).rejects.toMatchObject({ code: 'not-found' });
  });

  test('are write keys with the settings of their owner', async () => {
    const plain = await make(world);
    const shaped = await make(world, {
      name: 'Payments',
      value: 'acct-1',
      door: 'stripe',
      origins: ['https://*.example.com'],
      events: ['Paid'],
      requestsPerSecond: 5,
      secret: 'whsec_1',
      mapping: '{"event": type}',
    });
    await world.store.keys.create({ project: 'one', kind: 'api', name: '', role: 'viewer' });
    expect(plain).toMatchObject({ door: 'tracker', origins: [], events: [], signed: false, mapping: null });
    expect(shaped).toEqual({
      id: shaped.id,
      project: 'one',
      name: 'Payments',
      door: 'stripe',
      key: 'acct-1',
      createdAt: world.clock.now(),
      lastUsedAt: null,
      origins: ['https://*.example.com'],
      events: ['Paid'],
      requestsPerSecond: 5,
      signed: true,
      mapping: '{"event": type}',
      previous: [],
    });
    expect(await world.store.keys.sources('one')).toEqual([plain, shaped]);
    expect(await senderOf(world, 'acct-1')).toEqual({
      id: shaped.id,
      project: 'one',
      door: 'stripe',
      secret: 'whsec_1',
      origins: ['https://*.example.com'],
      requestsPerSecond: 5,
    });
    expect((await world.store.keys.source('one', shaped.id)).lastUsedAt).toBe(world.clock.now());
    expect(await senderOf(world, plain.key)).toMatchObject({ door: 'tracker', origins: undefined });
  });

  test('are changed by field; null and an empty list take a setting away', async () => {
    const { id, key } = await make(world, { origins: ['https://a.b'], requestsPerSecond: 5, secret: 'x' });
    expect(await world.store.keys.update('one', id, { name: 'New' })).toMatchObject({
      name: 'New',
      requestsPerSecond: 5,
      signed: true,
    });
    const bare = { origins: [], requestsPerSecond: null, secret: null };
    expect(await world.store.keys.update('one', id, bare)).toMatchObject({
      origins: [],
      requestsPerSecond: null,
      signed: false,
    });
    expect(await senderOf(world, key)).toMatchObject({ origins: undefined, secret: undefined });
    await expect(world.store.keys.update('other', id, bare)).rejects.toMatchObject({ code: 'not-found' });
  });

  test('answer for decoding what their key may send and how it is mapped, even after they are revoked', async () => {
    const { id } = await make(world, { events: ['Paid'], mapping: 'a' });
    const facts = async () => [await world.store.keys.mapping(id), await world.store.keys.allowedEvents(id)];
    expect(await facts()).toEqual(['a', new Set(['Paid'])]);
    await world.store.keys.update('one', id, { mapping: null, events: [] });
    expect(await facts()).toEqual([undefined, undefined]);
    await world.store.keys.update('one', id, { mapping: 'b' });
    await world.store.keys.revoke('one', 'write', id);
    expect(await facts()).toEqual(['b', undefined]);
    expect(await world.store.keys.mapping('nobody')).toBeUndefined();
  });
}

function rotation(world: World): void {
  test('keep their old key for a chosen time when they are rotated, and their id for good', async () => {
    const { id, key } = await make(world, { value: 'first' });
    const until = world.clock.now() + hour;
    const rotated = await world.store.keys.rotate('one', id, { keepFor: hour });
    expect(rotated).toMatchObject({ id, previous: [{ key, validUntil: until }] });
    expect(rotated.key).toMatch(/^wk_/);
    expect(await senderOf(world, rotated.key)).toMatchObject({ id });
    world.clock.advance(hour - 1);
    expect(await senderOf(world, 'first')).toMatchObject({ id });
    expect(await world.store.keys.use('write', 'first')).toMatchObject({ id });
    world.clock.advance(1);
    expect(await senderOf(world, 'first')).toBeUndefined();
    expect(await world.store.keys.source('one', id)).toMatchObject({ previous: [] });
    const again = await world.store.keys.rotate('one', id, { keepFor: 0, value: 'second' });
    expect(again).toMatchObject({ key: 'second', previous: [] });
    expect(await senderOf(world, rotated.key)).toBeUndefined();
  });

  test('can go back to the key before, and nobody else can have it meanwhile', async () => {
    const { id } = await make(world, { value: 'first' });
    await world.store.keys.rotate('one', id, { keepFor: hour, value: 'second' });
    await expect(make(world, { value: 'first' })).rejects.toMatchObject({ code: 'conflict' });
    await expect(make(world, { value: 'second' })).rejects.toMatchObject({ code: 'conflict' });
    expect(await world.store.keys.rotate('one', id, { keepFor: hour, value: 'first' })).toMatchObject({
      key: 'first',
      previous: [{ key: 'second', validUntil: world.clock.now() + hour }],
    });
    world.clock.advance(hour);
    expect(await make(world, { value: 'second' })).toMatchObject({ key: 'second' });
  });

  test('that are revoked send nothing, are not shown and leave their key to others', async () => {
    const { id } = await make(world, { value: 'first' });
    await world.store.keys.rotate('one', id, { keepFor: hour, value: 'second' });
    await world.store.keys.revoke('one', 'write', id);
    for (const value of ['first', 'second']) expect(await senderOf(world, value)).toBeUndefined();
    expect([await world.store.keys.sources('one'), await world.store.keys.list('one')]).toEqual([[], []]);
    await expect(world.store.keys.revoke('one', 'write', id)).rejects.toMatchObject({ code: 'not-found' });
    await make(world, { value: 'first' });
    expect((await make(world, { value: 'second' })).id).not.toBe(id);
  });
}
