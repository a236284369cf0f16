import { UnstyledButton } from '@mantine/core';
import { compact } from '../format/number.ts';
import { moment } from '../format/time.ts';
import { Answer } from '../panel/answer.tsx';
import { EmptyPanel } from '../panel/empty.tsx';
import { Panel } from '../panel/panel.tsx';
import { useCall } from '../query.ts';
import { mayAct, useSession } from '../session/session.tsx';

/** Properties whose type is another one than before: when it began, and who sends it. */
export function PlanDrift({ onChoose }: { readonly onChoose: (event: string) => void }) {
  const { me, project } = useSession();
  const drift = useCall('planDrift', { project: project.id });
  const sources = useCall('listSources', { project: project.id }, { enabled: mayAct(me, 'editor') });
  const sourceName = (id: string): string =>
    sources.data?.sources.find((source) => source.id === id)?.name ?? id;
  return (
    <Panel title="Changed types" flush>
      <Answer query={drift} height={120}>
        {({ changes, days }) =>
          changes.length === 0 ? (
            <EmptyPanel title={`No property changed its type in ${days} days`} />
          ) : (
            <div className="table-scroll">
              <table className="data" aria-label="Changed types">
                <thead>
                  <tr>
                    <th scope="col">Property</th>
                    <th scope="col">Event</th>
                    <th scope="col">Was</th>
                    <th scope="col">Is</th>
                    <th scope="col">Since</th>
                    <th scope="col">Sent by</th>
                  </tr>
                </thead>
                <tbody>
                  {changes.map((change) => (
                    <tr key={`${change.event} ${change.property} ${change.to}`} data-testid="drift-row">
                      <td className="clip">
                        <code>{change.property}</code>
                      </td>
                      <td className="clip">
                        <UnstyledButton className="plan-name" onClick={() => onChoose(change.event)}>
                          {change.event}
                        </UnstyledButton>
                      </td>
                      <td className="nowrap">
                        {change.from} <span className="muted">{compact(change.before)}×</span>
                      </td>
                      <td className="nowrap">
                        {change.to} <span className="muted">{compact(change.after)}×</span>
                      </td>
                      <td className="nowrap">{moment(change.at, project.timezone)}</td>
                      <td className="clip">
                        {[change.library, sourceName(change.keyId)].filter((text) => text !== '').join(' · ')}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Answer>
    </Panel>
  );
}
