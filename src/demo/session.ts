import { monthlyRevenue } from './accounts.ts';
import type { Campaign } from './acquisition.ts';
import { day, second } from './calendar.ts';
import { appVersion, type Device } from './devices.ts';
import type { Context, Facts, Message, PageContext } from './message.ts';
import type { Place } from './places.ts';
import { origins, type Page } from './site.ts';
import type { Account, Person, World } from './world.ts';

const browserLibrary = { name: 'analytics.js', version: 'npm:next-1.84.3' };
const appLibraries = {
  'ios-app': { name: 'analytics-ios', version: '4.1.8' },
  'android-app': { name: 'analytics-android', version: '4.11.3' },
};
const serverLibrary = { name: '@segment/analytics-node', version: '3.1.0' };

interface Arrival {
  readonly referrer?: string;
  readonly search?: string;
  readonly campaign?: Campaign;
}

/** One sitting at one device: events that follow each other in time, with the context its tracker adds. */
export class Session {
  /** Moment of the last event. */
  at: number;
  readonly #world: World;
  readonly #device: Device;
  readonly #native: boolean;
  readonly #base: Context;
  #context: Context;
  #userId: string | undefined;
  #page: Page | undefined;
  #url = '';

  constructor(world: World, at: number, device: Device, place: Place, person?: Person) {
    this.#world = world;
    this.#device = device;
    this.#native = device.kind === 'ios-app' || device.kind === 'android-app';
    this.at = at;
    this.#base = baseContext(at, device, place);
    this.#context = this.#base;
    if (person) this.#become(person);
  }

  get native(): boolean {
    return this.#native;
  }

  /** Lets time pass; most pauses are short and some are long, but under the half hour that ends a session. */
  pause(seconds: number): void {
    const waited = this.#world.random.lognormal(seconds, 0.7);
    this.at += Math.min(waited, 20 * 60) * second;
  }

  page(page: Page, arrival: Arrival = {}): void {
    if (this.#page === page) return;
    const search = arrival.search ?? '';
    const context: PageContext = {
      url: origins[page.host] + page.path + search,
      path: page.path,
      title: page.title,
      referrer: arrival.referrer ?? this.#url,
      search,
    };
    this.#page = page;
    this.#url = context.url;
    // Campaign tags belong to the address, so they end with the page that was landed on.
    this.#context = arrival.campaign
      ? { ...this.#base, page: context, campaign: arrival.campaign }
      : { ...this.#base, page: context };
    this.#send('page', { name: page.title, properties: context });
  }

  screen(name: string): void {
    this.#send('screen', { name, properties: {} });
  }

  /** Shows a page of the product, or the screen of the mobile app that stands for it. */
  show(page: Page, screen: string): void {
    if (this.#native) this.screen(screen);
    else this.page(page);
  }

  track(event: string, properties: Facts = {}): void {
    this.#send('track', { event, properties });
  }

  identify(person: Person): void {
    this.#become(person);
    this.#send('identify', { traits: personTraits(person) });
    this.#send('group', { groupId: person.account.id, traits: accountTraits(person.account) });
  }

  #become(person: Person): void {
    this.#userId = person.id;
    this.#base.groupId = person.account.id;
    this.#context = { ...this.#context, groupId: person.account.id };
  }

  #send(type: Message['type'], details: Details): void {
    const prefix = this.#native ? '' : `ajs-next-${Math.floor(this.at)}-`;
    const message = emit(this.#world, this.at, prefix, type, this.#context, details);
    message.anonymousId = this.#device.anonymousId;
    if (this.#userId !== undefined) message.userId = this.#userId;
    this.at += this.#world.random.between(0.3, 2) * second;
  }
}

/** An event of the product's own servers: no page, no device, no anonymous id. */
export function serverTrack(
  world: World,
  at: number,
  person: Person,
  event: string,
  properties: Facts,
): void {
  const context: Context = { library: serverLibrary, groupId: person.account.id };
  emit(world, at, 'node-next-', 'track', context, { event, userId: person.id, properties });
}

export function serverGroup(world: World, at: number, person: Person): void {
  const details = { userId: person.id, groupId: person.account.id, traits: accountTraits(person.account) };
  emit(world, at, 'node-next-', 'group', { library: serverLibrary }, details);
}

type Details = Partial<Omit<Message, 'type' | 'messageId' | 'context' | 'timestamp' | 'originalTimestamp'>>;

function emit(
  world: World,
  at: number,
  prefix: string,
  type: Message['type'],
  context: Context,
  details: Details,
): Message {
  const whole = Math.floor(at);
  const time = new Date(whole).toISOString();
  const messageId = prefix + world.ids.uuid();
  const message: Message = { type, messageId, context, originalTimestamp: time, timestamp: time };
  Object.assign(message, details);
  world.pending.push({ at: whole, message });
  return message;
}

function personTraits(person: Person): Facts {
  return {
    name: person.name,
    email: person.email,
    role: person.role,
    company: person.account.name,
    plan: person.account.plan,
    created_at: new Date(person.createdAt).toISOString(),
  };
}

function accountTraits(account: Account): Facts {
  const { name, domain, industry, size, plan, seats, currency, status } = account;
  return {
    name,
    website: domain,
    industry,
    size,
    plan,
    status,
    seats,
    mrr: monthlyRevenue(account),
    currency,
    created_at: new Date(account.createdAt).toISOString(),
  };
}

function baseContext(at: number, device: Device, place: Place): Context {
  const [width, height, density] = device.screen;
  const common = {
    ip: place.address,
    locale: place.locale,
    timezone: place.city.timezone,
    screen: { width, height, density },
  };
  const { kind, hardware } = device;
  if (kind === 'browser' || kind === 'mobile-browser')
    return { library: browserLibrary, userAgent: device.agent(at), ...common };
  // People install a release some days after it is out.
  const installed = at - device.updateLag * day;
  const version = appVersion(installed);
  const app = {
    name: 'MeetNotes',
    version,
    build: version.replaceAll('.', ''),
    namespace: 'example.meetnotes',
  };
  const userAgent = device.agent(installed);
  if (kind === 'desktop-app' || !hardware) return { library: browserLibrary, userAgent, app, ...common };
  const { osVersion, ...facts } = hardware;
  const os = { name: kind === 'ios-app' ? 'iOS' : 'Android', version: osVersion };
  const network = { wifi: true, cellular: kind === 'ios-app' };
  return { library: appLibraries[kind], userAgent, app, device: facts, os, network, ...common };
}
