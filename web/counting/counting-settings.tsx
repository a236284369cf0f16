import { Answer } from '../panel/answer.tsx';
import { useCall } from '../query.ts';
import { useSession } from '../session/session.tsx';
import { VisitorProfile } from '../settings/visitor-profile.tsx';
import { BotSettings } from './bot-rules.tsx';
import { ConsentSettings, PlanSettings } from './event-rules.tsx';
import './counting.css';

/** What counts in charts: bots, consent, the tracking plan; and what is remembered of visitors. */
export function CountingSettings() {
  const { project } = useSession();
  const settings = useCall('projectSettings', { project: project.id });
  return (
    <Answer query={settings} height={420}>
      {({ bots, consent, plan }) => (
        <div className="stack" key={JSON.stringify([project.id, bots, consent, plan])}>
          <BotSettings saved={bots} />
          <div className="counting-pair">
            <ConsentSettings saved={consent} />
            <PlanSettings saved={plan} />
          </div>
          <VisitorProfile />
        </div>
      )}
    </Answer>
  );
}
