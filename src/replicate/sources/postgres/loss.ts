import type { SourceFacts } from '../../state.ts';
import type { Position } from '../../table.ts';
import { lsnOf } from './connect.ts';
import type { Publication } from './publication.ts';
import type { Slot, System } from './slot.ts';

export interface Found {
  readonly system: System;
  readonly database: string;
  readonly slotName: string;
  readonly slot: Slot | undefined;
  readonly publication: Publication | undefined;
}

/** Why what the warehouse has cannot be continued with this server's log; undefined when it can. */
export function lossOf(facts: SourceFacts, position: Position | undefined, found: Found): string | undefined {
  const { system, database, slotName, slot, publication } = found;
  if (facts.system !== system.id) return 'another server answers at this address';
  if (facts.database !== database) return 'the address names another database than before';
  if (facts.timeline !== system.timeline)
    return 'the server is a promoted standby or was restored, so that its log is another one';
  if (facts.slot !== slotName) return `the slot is now called ${slotName}`;
  if (!slot) return `the replication slot ${slotName} is gone`;
  if (slot.lost) return `the replication slot ${slotName} cannot be used any more: ${slot.lost}`;
  if (!publication || publication.id !== facts.publication)
    return 'the publication was dropped, and with it the record of what it published';
  if (position === undefined) return 'the warehouse does not know how far it got';
  if (position > slot.end)
    return `the server’s log ends at ${lsnOf(slot.end)}, before what was replicated already: it was restored from a backup`;
  if (slot.confirmed > position)
    return `the warehouse is older than what the server was told: it was restored from a backup`;
  return undefined;
}
