import { newAccount } from './accounts.ts';
import { landingSearch, type Source, sources } from './acquisition.ts';
import { type Device, newDevice } from './devices.ts';
import { newPerson } from './people.ts';
import { type Place, placeIn, somewhere } from './places.ts';
import { onboard, sendInvitations } from './product.ts';
import type { Weighted } from './random.ts';
import { Session, serverTrack } from './session.ts';
import { home, invitePage, landings, nextPage, type Page, pricing, product, signUpPage } from './site.ts';
import { type Invitation, schedule, type World } from './world.ts';

/** Somebody who is not (yet) a user. */
export interface Visitor {
  readonly source: Source;
  readonly device: Device;
  readonly place: Place;
  /** Visits still to come after the next. */
  visitsLeft: number;
  readonly willSignUp: boolean;
}

/** Share of visitors that sign up, for a source of quality 1. */
const signUpRate = 0.033;

/** Expected number of new visitors of one source on a day, before the hours of their zones. */
export function arrivals({ calendar }: World, { volume, when }: Source, index: number): number {
  const growth = 1 + 0.9 * (index / calendar.days);
  const weekday = calendar.share('browse', 'UTC', index);
  const mood = index === calendar.outageDay ? 1 : calendar.mood(index);
  return 0.75 * volume * growth * weekday * mood * (when?.(calendar, index) ?? 1);
}

export function newVisitor({ random }: World, source: Source): Visitor {
  const device = newDevice(random, random.chance(source.mobile) ? 'mobile-browser' : 'browser');
  const willSignUp = random.chance(Math.min(0.5, signUpRate * source.quality));
  const again = random.chance(willSignUp ? 0.45 : 0.16 * Math.min(1, source.quality));
  return { source, device, place: somewhere(random), willSignUp, visitsLeft: again ? random.whole(1, 2) : 0 };
}

/** All strangers of a day: new ones from every source, and those who come back. */
export function visitsOfDay(world: World, index: number, returning: readonly Visitor[]): void {
  const { random, calendar } = world;
  for (const source of sources) {
    for (let left = random.poisson(arrivals(world, source, index)); left > 0; left--) {
      const visitor = newVisitor(world, source);
      const at = calendar.moment('browse', visitor.place.city.timezone, index, random.next());
      visit(world, visitor, at, index, true);
    }
  }
  for (const visitor of returning) {
    const at = calendar.moment('browse', visitor.place.city.timezone, index, random.next());
    visit(world, visitor, at, index, false);
  }
}

/** One visit to the marketing site; the last visit of those who decide for the product ends with the sign-up. */
export function visit(world: World, visitor: Visitor, at: number, index: number, first: boolean): void {
  const { random } = world;
  const session = new Session(world, at, visitor.device, visitor.place);
  land(session, world, visitor, index, first);
  const signsUp = visitor.willSignUp && visitor.visitsLeft === 0;
  const depth = signsUp
    ? 2 + random.poisson(1)
    : interested(visitor) && !random.chance(0.56)
      ? 1 + random.poisson(1.3)
      : 0;
  for (let page = 0; page < depth; page++) {
    session.pause(35);
    session.page(published(world, nextPage, index));
    if (random.chance(0.05))
      session.track('Video Played', { video: 'product-tour', seconds: random.whole(5, 95) });
  }
  if (visitor.visitsLeft > 0) {
    visitor.visitsLeft--;
    schedule(world.returns, index + 1 + Math.floor(random.exponential(3)), visitor);
  }
  if (signsUp) signUp(world, session, visitor, index);
  else if (depth > 1 && random.chance(0.07)) abandonSignUp(session);
}

function interested({ source }: Visitor): boolean {
  return source.quality > 0.1;
}

function land(session: Session, world: World, visitor: Visitor, index: number, first: boolean): void {
  const { random } = world;
  const { source } = visitor;
  if (first) {
    const page = published(world, landings[source.intent], index);
    const search = landingSearch(random, source);
    const { campaign, referrer } = source;
    session.page(page, { referrer, search, ...(campaign ? { campaign } : {}) });
  } else {
    const referrer = random.chance(0.35) ? 'https://www.google.com/' : '';
    session.page(random.chance(0.7) ? home : pricing, { referrer });
  }
}

/** A page that is there on that day. */
function published({ random, calendar }: World, pages: Weighted<Page>, index: number): Page {
  let page = pages.draw(random);
  while (page.withSummaries && index < calendar.summariesDay) page = pages.draw(random);
  return page;
}

function abandonSignUp(session: Session): void {
  session.pause(20);
  session.page(signUpPage);
  session.track('Sign Up Started');
}

function signUp(world: World, session: Session, visitor: Visitor, index: number): void {
  const { random } = world;
  const { place, device, source } = visitor;
  if (random.chance(0.75)) session.page(pricing);
  session.pause(40);
  session.page(signUpPage);
  session.track('Sign Up Started');
  session.pause(45);
  const account = newAccount(world, session.at, index, place.city, source.quality);
  const person = newPerson(world, { account, place, at: session.at, index, device });
  session.identify(person);
  const method = random.pick(['google', 'google', 'google', 'email', 'email', 'microsoft']);
  session.track('Signed Up', { method, plan: account.status === 'trial' ? 'trial' : 'free' });
  if (account.status === 'trial')
    serverTrack(world, session.at + 900, person, 'Trial Started', { plan: 'pro', days: 14 });
  session.pause(15);
  session.page(product.home);
  for (let step = account.activated ? random.whole(1, 3) : random.whole(0, 1); step > 0; step--)
    onboard(session, person, world);
}

/** An invited colleague opens the mail, joins the account and looks around. */
export function acceptInvitation(world: World, invitation: Invitation, index: number): void {
  const { random, calendar } = world;
  const { account, inviter, name, email, id } = invitation;
  if (account.status === 'cancelled' || account.members.length >= account.seatsWanted) return;
  const place = random.chance(0.85) ? placeIn(random, inviter.place.city) : somewhere(random);
  const device = newDevice(random, random.chance(0.85) ? 'browser' : 'mobile-browser');
  const at = calendar.moment('work', place.city.timezone, index, random.next());
  const session = new Session(world, at, device, place);
  const search = `?utm_source=product&utm_medium=email&utm_campaign=invitation`;
  const campaign = { source: 'product', medium: 'email', name: 'invitation' };
  session.page(invitePage, { referrer: '', search, campaign });
  session.pause(30);
  const person = newPerson(world, { account, place, at: session.at, index, name, email, device });
  session.identify(person);
  session.track('Invitation Accepted', { invitation_id: id, invited_by: inviter.id });
  session.pause(12);
  session.page(product.home);
  for (let step = account.activated ? random.whole(0, 2) : 0; step > 0; step--)
    onboard(session, person, world);
  if (account.fit > 0.7 && random.chance(0.15)) sendInvitations(session, person, world, 1);
}
