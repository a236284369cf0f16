import type { LiveEvent } from '../../src/contract/result.ts';
import { Findings } from '../counting/findings.tsx';
import { countryName } from '../format/place.ts';
import { moment } from '../format/time.ts';
import { CopyButton } from '../snippet/copy-button.tsx';

interface EventFieldsProps {
  readonly event: LiveEvent;
  readonly timezone: string;
}

/** Every field of an event, and its properties as they were sent. */
export function EventFields({ event, timezone }: EventFieldsProps) {
  const json = JSON.stringify(event.properties, null, 2);
  const fields: readonly (readonly [string, string])[] = [
    ['Happened', `${moment(event.timestamp, timezone)} ${timezone}`],
    ['Received', `${moment(event.receivedAt, timezone)} ${timezone}`],
    ['Event id', event.eventId],
    ['Type', event.type],
    ['User id', event.userId],
    ['Anonymous id', event.anonymousId],
    ['Account id', event.accountId],
    ['Person', event.personId],
    ['URL', event.url],
    ['Page', event.path],
    ['Source', event.source],
    ['Country', event.country === '' ? '' : countryName(event.country)],
    ['City', event.city],
    ['Browser', event.browser],
    ['OS', event.os],
    ['Device', event.deviceType],
    ['Library', event.library],
    ['Protocol', event.protocol],
    ['Consent', event.consent],
  ];
  return (
    <div className="live-detail">
      <dl className="fields">
        {fields
          .filter(([, value]) => value !== '')
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        {event.bots.length === 0 ? null : (
          <div>
            <dt>Bot score {event.botScore}</dt>
            <dd>
              <Findings found={event.bots} />
            </dd>
          </div>
        )}
      </dl>
      <div className="live-properties">
        <div className="snippet-head">
          <h3 className="panel-note">Properties</h3>
          <CopyButton text={json} />
        </div>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
        <pre className="code" tabIndex={0}>
          {json}
        </pre>
      </div>
    </div>
  );
}
