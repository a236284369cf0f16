import { totalOf, worstOf } from '../../contract/bots.ts';
import { consentBits } from '../../contract/consent.ts';
import type { DecodedEvent } from '../../contract/event.ts';
import type { EventRow, SessionRow } from '../../contract/row.ts';
import { hash64 } from '../../runtime/ids.ts';
import { blockedId } from '../blocked-id.ts';
import type { Memory, Subject } from '../memory.ts';
import { type Found, openAt, openFor } from '../open-session.ts';
import { deviceColumns, openSession, placeColumns, type Session, settingColumns } from '../session-state.ts';
import type { Draft, Step } from '../step.ts';

const minute = 60_000;
/** Sessions older than this behind the newest no longer take late events. */
const lateness = 24 * 60 * minute;
const maxSessions = 6;

/**
 * Sessions by event time, 30 minutes of inactivity, one visitor at a time: the anonymous id where there is one (so that signing in does
 * not split a visit), else the user.
 *
 * Guaranteed: the events of one batch give the same sessions in whatever order they lie in it, because they are run in order of
 * time; and so do batches that follow each other in time. An event that comes in a later batch joins the session it falls
 * into or touches, as long as that is remembered: sessions that ended within 24 hours of the visitor's newest, six at most, and always
 * the one touched last (so an import of old history in order is cut by nothing). Two sessions that a late event would
 * bridge stay two, since their ids are already in rows; the late event joins the earlier one.
 *
 * Events of a backend, without a page or a user agent, are no visits: they join the session of that person that is open at their time, count
 * in it, but neither open nor lengthen one; else their session_id is 0.
 */
export const sessionStep: Step = { name: 'session', run: assign };

function assign(draft: Draft, memory: Memory): undefined {
  const { anonymous, event, row, user } = draft;
  const visit = isVisit(event);
  const found = find(row.timestamp, anonymous, user, memory, visit);
  if (found === undefined && !visit) {
    // An event outside of all sessions has no source of its own.
    setSource(row, nowhere);
    return;
  }
  const visitor = found?.visitor ?? anonymous ?? user;
  if (visitor === undefined) return;
  const session = found?.session ?? open(visitor, row);
  if (visit) {
    extend(session, row);
    keep(visitor, session);
    if (user !== undefined && visitor.kind === 'a') rememberDevice(user, visitor, memory);
  }
  count(session, row);
  row.session_id = session.row.session_id;
  setSource(row, session.row);
  memory.changed(visitor);
  memory.changedSessions.add(session);
}

/** Somebody was there: a browser or an app speaks, or a server that passes on what its visitor's browser said. */
function isVisit(event: DecodedEvent): boolean {
  return (
    event.userAgent !== undefined ||
    event.url !== undefined ||
    event.device !== undefined ||
    event.type === 'screen'
  );
}

function find(
  time: number,
  anonymous: Subject | undefined,
  user: Subject | undefined,
  memory: Memory,
  visit: boolean,
): Found | undefined {
  if (!visit || anonymous === undefined) return openFor(anonymous, user, memory, time, visit);
  const session = openAt(anonymous.sessions, time, visit);
  return session && { visitor: anonymous, session };
}

function open(visitor: Subject, row: EventRow): Session {
  const id = hash64(visitor.project, visitor.kind + visitor.id, String(row.timestamp));
  return openSession(id, row);
}

function extend(session: Session, event: EventRow): void {
  const { row } = session;
  row.started_at = Math.min(row.started_at, event.timestamp);
  row.ended_at = Math.max(row.ended_at, event.timestamp);
  if (!session.sourced && event.url !== '') {
    session.sourced = true;
    row.host = event.host;
    setSource(row, event);
  }
  complete(row, event);
  if (event.type !== 'page' && event.type !== 'screen') return;
  row.page_views++;
  const page = event.path || event.title;
  if (session.entryAt === 0 || event.timestamp < session.entryAt) {
    session.entryAt = event.timestamp;
    row.entry_path = page;
  }
  if (event.timestamp >= session.exitAt) {
    session.exitAt = event.timestamp;
    row.exit_path = page;
  }
}

/** What the first event did not tell. Facts of one device stay together: half a phone on a computer is neither. */
function complete(row: SessionRow, event: EventRow): void {
  if (row.country === '' && event.country !== '')
    for (const column of placeColumns) row[column] = event[column];
  if (row.device_type === '' && event.device_type !== '') {
    for (const column of deviceColumns) row[column] = event[column];
  }
  for (const column of settingColumns) if (row[column] === '') row[column] = event[column];
}

function count(session: Session, event: EventRow): void {
  const { row } = session;
  row.events++;
  if (event.bot_layers !== 0) {
    row.bot_layers = worstOf(row.bot_layers, event.bot_layers);
    row.bot_score = totalOf(row.bot_layers);
  }
  row.consents |= consentBits[event.consent];
  row.revenue += event.revenue ?? 0;
  // Who signed in during the visit is who made it; the first one on a shared computer.
  if (row.user_id === '' && !blockedId(event.user_id)) row.user_id = event.user_id;
  if (row.user_id === '' || row.user_id === event.user_id) row.person_key = event.person_key;
}

/** The session comes to the front; sessions that no longer take events go. */
function keep(visitor: Subject, session: Session): void {
  const { sessions } = visitor;
  if (sessions[0] === session) return;
  const others = sessions.filter((other) => other !== session);
  let newest = session.row.ended_at;
  for (const other of others) newest = Math.max(newest, other.row.ended_at);
  visitor.sessions = [
    session,
    ...others.filter((other) => other.row.ended_at >= newest - lateness).slice(0, maxSessions - 1),
  ];
}

function rememberDevice(user: Subject, device: Subject, memory: Memory): void {
  if (user.device === device.id) return;
  user.device = device.id;
  memory.changed(user);
}

type Source = Pick<EventRow, 'referrer' | 'channel' | 'source' | 'medium' | 'campaign' | 'term' | 'content'>;

const nowhere: Source = {
  referrer: '',
  channel: '',
  source: '',
  medium: '',
  campaign: '',
  term: '',
  content: '',
};

function setSource(to: Source, from: Source): void {
  to.referrer = from.referrer;
  to.channel = from.channel;
  to.source = from.source;
  to.medium = from.medium;
  to.campaign = from.campaign;
  to.term = from.term;
  to.content = from.content;
}
