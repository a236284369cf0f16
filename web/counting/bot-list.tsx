import type { BotReport } from '../../src/contract/counting-endpoints.ts';
import type { BotRules } from '../../src/contract/project-settings.ts';
import { ago } from '../format/duration.ts';
import { full } from '../format/number.ts';
import { countryFlag } from '../format/place.ts';
import { EmptyPanel } from '../panel/empty.tsx';
import { Panel } from '../panel/panel.tsx';
import { Findings } from './findings.tsx';
import { layerLabel } from './words.ts';

interface BotListProps {
  readonly report: BotReport;
  readonly rules: BotRules;
  readonly days: number;
}

/** Who the bots are, and which layers, networks and agents speak against them. */
export function BotList({ report, rules, days }: BotListProps) {
  const { agents, layers, networks, visitors } = report;
  return (
    <div className="stack">
      <Panel title={rules.policy === 'quarantine' ? 'In quarantine' : 'Who they are'} flush>
        {visitors.length === 0 ? (
          <EmptyPanel title={`No bots in the last ${days} days`}>
            With a lower threshold, or more layers, more visitors are bots.
          </EmptyPanel>
        ) : (
          <Visitors visitors={visitors} />
        )}
      </Panel>
      <div className="counting-columns">
        <Panel title="By layer" flush>
          <CountTable
            name="Layer"
            rows={layers.map((row) => ({ ...row, words: layerLabel(row.layer), last: row.decisive }))}
            lastName="Decisive"
            lastTitle="Events that are a bot’s only because of this layer"
          />
        </Panel>
        <Panel title="By network" flush>
          <CountTable name="Network" rows={networks.map((row) => ({ ...row, last: row.bots }))} />
          {networks.length === 0 ? null : (
            <p className="panel-note panel-lead">
              Networks by <a href="https://www.routeviews.org">RouteViews</a> and{' '}
              <a href="https://db-ip.com">DB-IP</a>
            </p>
          )}
        </Panel>
        <Panel title="By agent" flush>
          <CountTable name="Agent" rows={agents.map((row) => ({ ...row, last: row.bots }))} />
        </Panel>
      </div>
    </div>
  );
}

function Visitors({ visitors }: Pick<BotReport, 'visitors'>) {
  const now = Date.now();
  return (
    <div className="table-scroll">
      <table className="data">
        <thead>
          <tr>
            <th scope="col">Visitor</th>
            <th scope="col">Why</th>
            <th scope="col" className="number">
              Score
            </th>
            <th scope="col" className="number">
              Events
            </th>
            <th scope="col" className="number">
              Revenue
            </th>
            <th scope="col">Last</th>
          </tr>
        </thead>
        <tbody>
          {visitors.map((visitor) => (
            <tr key={visitor.personId}>
              <td>
                {countryFlag(visitor.country)}{' '}
                {visitor.userId || visitor.anonymousId.slice(0, 12) || 'nobody'}
              </td>
              <td className="counting-why">
                <Findings found={visitor.found} />
              </td>
              <td className="number">{visitor.score}</td>
              <td className="number">{full(visitor.events)}</td>
              <td className="number">{visitor.revenue === 0 ? '' : full(visitor.revenue)}</td>
              <td>{ago(visitor.last, now)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface CountRow {
  readonly words: string;
  readonly events: number;
  readonly people: number;
  readonly last: number;
}

function CountTable({
  name,
  rows,
  lastName = 'Bots',
  lastTitle = 'Events of bots',
}: {
  name: string;
  rows: readonly CountRow[];
  lastName?: string;
  lastTitle?: string;
}) {
  if (rows.length === 0) return <EmptyPanel title="None" />;
  return (
    <div className="table-scroll">
      <table className="data">
        <thead>
          <tr>
            <th scope="col">{name}</th>
            <th scope="col" className="number">
              Events
            </th>
            <th scope="col" className="number">
              Visitors
            </th>
            <th scope="col" className="number" title={lastTitle}>
              {lastName}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.words}>
              <td className="counting-words">{row.words}</td>
              <td className="number">{full(row.events)}</td>
              <td className="number">{full(row.people)}</td>
              <td className="number">{full(row.last)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
