import type { Erasure } from '../../src/contract/privacy-endpoints.ts';
import { counted } from '../format/number.ts';
import { moment } from '../format/time.ts';
import { Answer } from '../panel/answer.tsx';
import { Panel } from '../panel/panel.tsx';
import { StateMark } from '../panel/state.tsx';
import { useCall } from '../query.ts';
import { useSession } from '../session/session.tsx';

const tones = { waiting: undefined, running: 'warn', failed: 'bad', done: 'good' } as const;
const words = { waiting: 'Waiting', running: 'Running', failed: 'Trying again', done: 'Done' } as const;

/** Persons that were erased, with what was removed where. */
export function Erasures() {
  const { project } = useSession();
  const erasures = useCall('erasures', { project: project.id }, { every: 5_000 });
  return (
    <Panel title="Erasures" flush>
      <Answer query={erasures} height={120}>
        {({ erasures: list }) =>
          list.length === 0 ? (
            <p className="panel-note privacy-erasure">
              Nobody was erased. To erase somebody, open their page under People and choose “Erase…”.
            </p>
          ) : (
            list.map((erasure) => <ErasureReport key={erasure.id} erasure={erasure} />)
          )
        }
      </Answer>
    </Panel>
  );
}

export function ErasureReport({ erasure }: { readonly erasure: Erasure }) {
  const { project } = useSession();
  const { report } = erasure;
  return (
    <div className="privacy-erasure" data-testid="erasure">
      <div className="privacy-line">
        <StateMark tone={tones[report.state]} word={words[report.state]} />
        <span className="mono">{report.subject}</span>
        <span className="muted">
          {counted(report.ids, 'id', 'ids')} · asked for {moment(erasure.createdAt, project.timezone)} ·{' '}
          {erasure.rearrival === 'drop'
            ? 'what arrives again is dropped'
            : 'what arrives again is somebody new'}
        </span>
      </div>
      {report.problem ? <p className="panel-note">{report.problem}</p> : null}
      <ul className="privacy-report">
        {report.parts.map(({ part, doneAt, removed, notes }) => (
          <li key={part} className="privacy-line">
            <StateMark tone={doneAt === null ? undefined : 'good'} word={part} />
            <span className="muted">
              {removed.length === 0
                ? doneAt === null
                  ? 'to do'
                  : 'nothing of the person'
                : removed
                    .map(({ where, what, count }) =>
                      where === part ? `${count} ${what}` : `${where}: ${count} ${what}`,
                    )
                    .join(', ')}
              {notes.length > 0 ? ` (${notes.join('; ')})` : ''}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
