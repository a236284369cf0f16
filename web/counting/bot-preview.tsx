import type { BotReport } from '../../src/contract/counting-endpoints.ts';
import type { BotRules } from '../../src/contract/project-settings.ts';
import { counted, full, percent } from '../format/number.ts';
import { CopyButton } from '../snippet/copy-button.tsx';

interface BotPreviewProps {
  readonly report: BotReport;
  readonly rules: BotRules;
  readonly days: number;
}

/** What these rules would do to the last days, in a sentence. */
export function BotPreview({ report, rules, days }: BotPreviewProps) {
  const { all, bots } = report;
  if (all.events === 0)
    return <p className="verdict">No events in the last {days} days: there is nothing to show yet.</p>;
  return (
    <div className="counting-preview">
      <p className="verdict" data-tone={bots.paying > 0 && rules.policy !== 'count' ? 'bad' : undefined}>
        <strong>{percent(bots.events / all.events)}</strong> of the events of the last {days} days
        {rules.policy === 'count' ? ' are of bots, and count' : ' are left out'}: {full(bots.events)} of{' '}
        {full(all.events)}, {counted(bots.sessions, 'session', 'sessions')} and{' '}
        {counted(bots.people, 'visitor', 'visitors')}.{' '}
        {bots.paying > 0
          ? `${counted(bots.paying, 'person who paid is', 'people who paid are')} among them.`
          : 'Nobody who paid is among them.'}
      </p>
      {rules.policy === 'count' ? null : (
        <div className="snippet-head">
          <span className="panel-note">
            The same in SQL: <code className="mono">{report.sql.events}</code>
          </span>
          <CopyButton text={report.sql.events} />
        </div>
      )}
    </div>
  );
}
