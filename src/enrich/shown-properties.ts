import type { DecodedEvent, JsonObject } from '../contract/event.ts';

/** The properties as they are stored: an identify or group call without properties shows its traits. */
export function shownProperties(event: DecodedEvent): JsonObject {
  const traits =
    event.type === 'identify' ? event.person?.set : event.type === 'group' ? event.account?.set : undefined;
  return traits === undefined ? event.properties : { ...traits, ...event.properties };
}
