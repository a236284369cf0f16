import { Answer } from '../panel/answer.tsx';
import { useCall } from '../query.ts';
import { mayAct, useSession } from '../session/session.tsx';
import { Erasures } from './erasures.tsx';
import { MaskingForm } from './masking-form.tsx';
import { RetentionForm } from './retention-form.tsx';
import './privacy.css';

/** What of people is kept, how long, and who was erased. */
export function PrivacySettings() {
  const { me, project } = useSession();
  const settings = useCall('projectSettings', { project: project.id });
  return (
    <Answer query={settings} height={420}>
      {({ privacy, retention }) => (
        <div className="stack">
          <MaskingForm key={JSON.stringify([project.id, privacy])} saved={privacy} />
          <RetentionForm key={JSON.stringify([project.id, retention])} saved={retention} />
          {mayAct(me, 'admin') ? <Erasures /> : null}
        </div>
      )}
    </Answer>
  );
}
