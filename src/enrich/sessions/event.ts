import { worstOf } from '../../contract/bots.ts';
import { consentBits } from '../../contract/consent.ts';
import type { Draft } from '../step.ts';
import {
  cellMs,
  contextOf,
  isContextOf,
  type Mark,
  setCampaign,
  setClient,
  setPage,
  setSource,
  setUser,
  sight,
  slotMs,
  sourceOf,
  withoutPage,
} from './mark.ts';

/** More than that a client cannot have measured between two reports. */
const maxMeasured = 3_600_000;

/** What an event that only joins a visit adds to it. `owner`: the id whose mark it is. */
export function count(mark: Mark, { row, user }: Draft, owner: string): void {
  mark.events++;
  if (row.revenue !== null) mark.revenue += Math.round(row.revenue * 1e6);
  if (row.bot_layers !== 0) mark.bots = worstOf(mark.bots, row.bot_layers);
  mark.consents |= consentBits[row.consent];
  if (user !== undefined && user.id !== owner) setUser(mark, row.timestamp, user.id);
}

/** What an event of a visit tells about it besides. */
export function tell(mark: Mark, draft: Draft, campaigns: boolean): void {
  const { event, row } = draft;
  const at = row.timestamp;
  mark.slots |= 1 << Math.floor((at % cellMs) / slotMs);
  const measured = event.properties.engaged_ms;
  if (typeof measured === 'number' && measured > 0)
    mark.measured += Math.min(Math.round(measured), maxMeasured);
  if (event.type === 'page' || event.type === 'screen') {
    mark.pages++;
    setPage(mark, at, row.path || row.title);
  }
  if (row.client_session_id !== '') setClient(mark, at, row.client_session_id);
  const sourceAt = row.url === '' ? at + withoutPage : at;
  if (mark.source === undefined || sourceAt <= mark.sourceAt) setSource(mark, sourceAt, sourceOf(row));
  if (campaigns) setCampaign(mark, campaignOf(draft));
  const seen = mark.contexts[0];
  if (seen === undefined || at < seen.at || !isContextOf(seen.context, row)) sight(mark, at, contextOf(row));
}

/** The campaign that the event names by parameters of its address or in words of the client; '' when none. A referrer is no campaign. */
function campaignOf({ event, page, row }: Draft): string {
  const named = page?.marks !== undefined || event.campaign !== undefined;
  if (!named || (row.source === '' && row.medium === '' && row.campaign === '')) return '';
  return `${row.source}\u0001${row.medium}\u0001${row.campaign}`;
}
