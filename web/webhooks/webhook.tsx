import type { Source } from '../../src/contract/source.ts';
import { Answer } from '../panel/answer.tsx';
import { EmptyPanel } from '../panel/empty.tsx';
import { Panel } from '../panel/panel.tsx';
import { useCall } from '../query.ts';
import { useSession } from '../session/session.tsx';
import { Deliveries } from './deliveries.tsx';
import { Mapping } from './mapping.tsx';
import './webhook.css';

interface WebhookProps {
  readonly source: Source;
  readonly editable: boolean;
  readonly now: number;
}

/** What a webhook received last, and for senders without a file of their own how it becomes events. */
export function Webhook({ source, editable, now }: WebhookProps) {
  const { project } = useSession();
  const deliveries = useCall(
    'lastDeliveries',
    { project: source.project, source: source.id },
    { every: 3_000, keep: true },
  );
  return (
    <>
      {source.door === 'generic' ? (
        <Mapping
          source={source}
          deliveries={deliveries.data?.deliveries ?? []}
          editable={editable}
          now={now}
        />
      ) : null}
      <Panel title="Last received" flush>
        <Answer query={deliveries} height={120}>
          {(data) =>
            data.deliveries.length === 0 ? (
              <EmptyPanel title="Nothing was received yet">
                Calls that were refused, such as those with a wrong signature, are under Problems.
              </EmptyPanel>
            ) : (
              <Deliveries items={data.deliveries} now={now} timezone={project.timezone} />
            )
          }
        </Answer>
      </Panel>
    </>
  );
}
