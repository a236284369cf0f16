import { decline } from './accounts.ts';
import { day } from './calendar.ts';
import type { Device } from './devices.ts';
import { personName } from './names.ts';
import { emailOf } from './people.ts';
import { type Random, Weighted } from './random.ts';
import { Session } from './session.ts';
import { product, signInPage } from './site.ts';
import { type Person, schedule, type World } from './world.ts';

/** What people do with the product: how often, where, and what it takes. */
interface Feature {
  readonly weight: number;
  act(session: Session, person: Person, world: World): void;
}

const templates = ['blank', 'one-on-one', 'standup', 'retrospective', 'sales call', 'interview', 'all hands'];
const platforms = new Weighted([
  ['zoom', 44],
  ['google_meet', 31],
  ['microsoft_teams', 20],
  ['in_person', 5],
] as const);
const integrations = ['slack', 'google_calendar', 'zoom', 'hubspot', 'notion'] as const;

const recordMeeting: Feature = {
  weight: 17,
  act(session, _person, { random }) {
    session.show(product.meetings, 'Meetings');
    session.pause(20);
    session.track('Meeting Recorded', {
      platform: platforms.draw(random),
      duration_minutes: Math.round(random.lognormal(31, 0.5)),
      participants: 2 + random.poisson(2.4),
    });
  },
};
const createNote: Feature = {
  weight: 26,
  act(session, _person, { random }) {
    session.show(product.notes, 'Notes');
    session.pause(8);
    session.show(product.note, 'Note');
    session.pause(150);
    session.track('Note Created', {
      template: random.pick(templates),
      words: Math.round(random.lognormal(240, 0.8)),
      duration_seconds: Math.round(random.lognormal(300, 0.9)),
    });
  },
};
const shareNote: Feature = {
  weight: 14,
  act(session, _person, { random }) {
    session.show(product.note, 'Note');
    session.pause(15);
    session.track('Note Shared', {
      channel: random.pick(['link', 'link', 'slack', 'email']),
      recipients: random.whole(1, 8),
    });
  },
};
const comment: Feature = {
  weight: 12,
  act(session, _person, { random }) {
    session.show(product.note, 'Note');
    session.pause(25);
    session.track('Comment Added', { characters: Math.round(random.lognormal(70, 0.8)) });
  },
};
const search: Feature = {
  weight: 10,
  act(session, _person, { random }) {
    session.show(product.search, 'Search');
    session.pause(5);
    session.track('Search Performed', { characters: random.whole(3, 28), results: random.poisson(7) });
  },
};
const exportNote: Feature = {
  weight: 4,
  act(session, _person, { random }) {
    session.show(product.note, 'Note');
    session.pause(12);
    session.track('Note Exported', { format: random.pick(['pdf', 'pdf', 'docx', 'markdown']) });
  },
};
const askChatbot: Feature = {
  weight: 7,
  act(session, _person, { random }) {
    session.show(product.home, 'Assistant');
    session.pause(12);
    const intent = random.pick([
      'find_decision',
      'summarise_week',
      'action_items',
      'draft_email',
      'smalltalk',
    ]);
    session.track('Chatbot Message Sent', { intent, characters: Math.round(random.lognormal(48, 0.6)) });
  },
};
const connect: Feature = {
  weight: 3,
  act(session, { account }, { random }) {
    const integration = random.pick(integrations);
    session.show(product.integrations, 'Settings');
    session.pause(30);
    if (account.integrations.has(integration)) return;
    account.integrations.add(integration);
    session.track('Integration Connected', { integration });
  },
};
const invite: Feature = {
  weight: 4,
  act(session, person, world) {
    if (person.account.members.length >= person.account.seatsWanted) return;
    sendInvitations(session, person, world, 1);
  },
};
const finishTask: Feature = {
  weight: 9,
  act(session, _person, { random }) {
    session.show(product.note, 'Note');
    session.pause(6);
    session.track('Action Item Completed', {
      days_open: random.poisson(3),
      assignee: random.pick(['self', 'other']),
    });
  },
};

const features = [
  createNote,
  recordMeeting,
  shareNote,
  comment,
  finishTask,
  search,
  askChatbot,
  exportNote,
  connect,
  invite,
] as const;

/** Asks colleagues to join; each may do so within days. */
export function sendInvitations(session: Session, person: Person, world: World, count: number): void {
  const { random, calendar } = world;
  session.show(product.team, 'Team');
  session.pause(25);
  for (let sent = 0; sent < count; sent++) {
    const { account } = person;
    const id = `inv_${random.hex(8)}`;
    session.track('Invitation Sent', { invitation_id: id, role: random.chance(0.9) ? 'member' : 'guest' });
    if (!random.chance(0.64)) continue;
    const name = personName(random);
    const email = emailOf(name, account, account.members.length + random.whole(1, 80));
    const index = Math.floor((session.at - calendar.start) / day) + 1 + Math.floor(random.exponential(1.1));
    schedule(world.invitations, index, { account, inviter: person, email, name, id });
  }
}

const steps = ['connect_calendar', 'invite_team', 'first_note', 'share_note'] as const;

/** The next step of the onboarding, with the act that completes it. */
export function onboard(session: Session, person: Person, world: World): void {
  const step = steps[person.stepsDone];
  if (step === undefined || person.stepsDone >= person.stepsWanted) return;
  const { account } = person;
  session.show(product.onboarding, 'Welcome');
  session.pause(40);
  if (step === 'connect_calendar') account.integrations.add('google_calendar');
  if (step === 'connect_calendar') session.track('Integration Connected', { integration: 'google_calendar' });
  if (step === 'invite_team' && account.members[0] === person && account.seatsWanted > 1)
    sendInvitations(session, person, world, Math.ceil(account.seatsWanted * world.random.between(0.4, 1.1)));
  if (step === 'first_note') createNote.act(session, person, world);
  if (step === 'share_note') shareNote.act(session, person, world);
  person.stepsDone++;
  session.track('Onboarding Step Completed', { step: person.stepsDone, name: step });
}

/** One sitting of a member with the product, on one of their devices; answers when it ended. */
export function workSession(world: World, person: Person, at: number): number {
  const { random, calendar } = world;
  const index = Math.floor((at - calendar.start) / day);
  const device = chooseDevice(random, person);
  const known = person.signedIn.has(device);
  const session = new Session(world, at, device, person.place, known ? person : undefined);
  if (!known) signIn(session, person, device);
  open(session, random);
  if (calendar.isOutage(at)) {
    showErrors(session, random);
    return session.at;
  }
  const lost = decline(person.account, index);
  if (person.stepsDone < person.stepsWanted && random.chance(0.75)) onboard(session, person, world);
  const acts = Math.min(12, random.poisson(2.1 * (1 - 0.5 * lost)));
  // Interest narrows before it ends: ten features at first, two at last.
  const liked = Math.max(2, Math.round(features.length * (1 - 0.85 * lost)));
  for (let count = 0; count < acts; count++) {
    session.pause(45);
    favourite(random, person, liked).act(session, person, world);
    if (index >= person.summariesFrom && random.chance(0.22)) summarise(session, random);
  }
  feedback(session, person, random, lost);
  return session.at;
}

function chooseDevice(random: Random, { devices }: Person): Device {
  const [main, ...others] = devices;
  if (main === undefined) throw new RangeError('a person has at least one device');
  return others.length > 0 && random.chance(0.36) ? random.pick(others) : main;
}

/** A new device of a known person: its anonymous id joins theirs here. */
function signIn(session: Session, person: Person, device: Device): void {
  session.show(signInPage, 'Sign in');
  session.pause(20);
  session.identify(person);
  session.track('Signed In');
  person.signedIn.add(device);
}

function open(session: Session, random: Random): void {
  if (session.native) {
    session.screen('Home');
    return;
  }
  const way = random.next();
  if (way < 0.1) {
    const campaign = { source: 'product', medium: 'email', name: 'meeting-digest' };
    const search = '?utm_source=product&utm_medium=email&utm_campaign=meeting-digest';
    session.page(product.note, { referrer: '', search, campaign });
  } else if (way < 0.18) session.page(product.note, { referrer: 'https://app.slack.com/' });
  else session.page(way < 0.8 ? product.home : product.notes, { referrer: '' });
}

function favourite(random: Random, person: Person, known: number): Feature {
  let best: Feature = createNote;
  let bestScore = -1;
  // A draw by weight that leans to what the person likes, over the features still known to them.
  for (const [index, feature] of features.entries()) {
    if (index >= known) break;
    const score = random.next() ** (12 / (feature.weight * (0.4 + 1.2 * (person.taste[index] ?? 0.5))));
    if (score > bestScore) [best, bestScore] = [feature, score];
  }
  return best;
}

function summarise(session: Session, random: Random): void {
  session.show(product.note, 'Note');
  session.pause(9);
  session.track('AI Summary Generated', {
    words: Math.round(random.lognormal(110, 0.4)),
    seconds: Math.round(random.lognormal(6, 0.4) * 10) / 10,
    rating: random.pick(['none', 'none', 'none', 'up', 'up', 'down']),
  });
}

function showErrors(session: Session, random: Random): void {
  for (let tries = random.whole(1, 4); tries > 0; tries--) {
    session.pause(20);
    session.track('Error Shown', {
      code: 'service_unavailable',
      status: 503,
      area: random.pick(['notes', 'sync', 'login']),
    });
  }
}

/** What people say, and what goes wrong for them: much more of it before they leave. */
function feedback(session: Session, person: Person, random: Random, lost: number): void {
  if (random.chance(0.006 + 0.05 * lost)) {
    const code = random.pick(['sync_conflict', 'recording_failed', 'calendar_disconnected']);
    session.track('Error Shown', { code, status: 500, area: 'notes' });
  }
  if (random.chance(0.003 + 0.1 * lost)) {
    session.show(product.help, 'Help');
    session.pause(90);
    const topic =
      lost > 0.2 ? ['billing', 'recording', 'cancel', 'export'] : ['how-to', 'integration', 'recording'];
    session.track('Support Ticket Opened', {
      topic: random.pick(topic),
      severity: random.pick(lost > 0.2 ? ['normal', 'high', 'high'] : ['low', 'normal', 'normal']),
    });
  }
  if (random.chance(0.012)) {
    const score = Math.round(
      Math.min(10, Math.max(0, random.between(4, 9) + 3.5 * person.account.fit - 5 * lost)),
    );
    session.track('NPS Answered', { score, survey: 'in-product' });
  }
}
