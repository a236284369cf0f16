import { Button, Checkbox, SegmentedControl, Slider } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import type { BotRules } from '../../src/contract/project-settings.ts';
import { Answer } from '../panel/answer.tsx';
import { Failure } from '../panel/failure.tsx';
import { Panel } from '../panel/panel.tsx';
import { useCall } from '../query.ts';
import { mayAct, useSession } from '../session/session.tsx';
import { useSaveSettings } from '../settings/save-settings.tsx';
import { BotList } from './bot-list.tsx';
import { BotPreview } from './bot-preview.tsx';
import { layers, policies } from './words.ts';

/** Days that the preview and the list are about. */
const days = 7;

/** The policy on bots, what another one would do, and who they are. */
export function BotSettings({ saved }: { saved: BotRules }) {
  const { me, project } = useSession();
  const [rules, setRules] = useState(saved);
  const [asked] = useDebouncedValue(rules, 250);
  const change = useSaveSettings('It holds for the past, too.');
  const report = useCall(
    'bots',
    { project: project.id, days, threshold: asked.threshold, layers: asked.layers },
    { keep: true },
  );
  const editable = mayAct(me, 'admin');
  const changed = JSON.stringify(sorted(rules)) !== JSON.stringify(sorted(saved));
  return (
    <>
      <Panel title="Bots">
        <form
          className="counting-form"
          onSubmit={(event) => {
            event.preventDefault();
            change.mutate({ bots: rules });
          }}
        >
          <p className="panel-note">
            Nothing is dropped: every event keeps the score of each layer. What follows from it is decided
            here, and holds for the past at once.
          </p>
          <div>
            <SegmentedControl
              aria-label="What charts do with bots"
              data={policies.map(({ label, value }) => ({ label, value }))}
              value={rules.policy}
              onChange={(policy) => setRules({ ...rules, policy: policy as BotRules['policy'] })}
              disabled={!editable}
            />
            <p className="panel-note counting-about">
              {policies.find(({ value }) => value === rules.policy)?.about}
            </p>
          </div>
          <ThresholdSlider
            value={rules.threshold}
            disabled={!editable}
            onChange={(threshold) => setRules({ ...rules, threshold })}
          />
          <fieldset className="counting-layers">
            <legend className="counting-label">Layers that count</legend>
            {layers.map(({ about, id, label }) => (
              <Checkbox
                key={id}
                label={label}
                description={about}
                checked={rules.layers.includes(id)}
                disabled={!editable}
                onChange={(event) =>
                  setRules({ ...rules, layers: withLayer(rules.layers, id, event.currentTarget.checked) })
                }
              />
            ))}
          </fieldset>
          <Answer query={report} height={72}>
            {(data) => <BotPreview report={data} rules={rules} days={days} />}
          </Answer>
          {change.error ? <Failure error={change.error} /> : null}
          {editable ? (
            <div className="counting-actions">
              <Button type="submit" size="sm" loading={change.isPending} disabled={!changed}>
                Save
              </Button>
              {changed ? (
                <Button variant="subtle" size="sm" onClick={() => setRules(saved)}>
                  Undo
                </Button>
              ) : null}
            </div>
          ) : (
            <p className="panel-note">An administrator can change this.</p>
          )}
        </form>
      </Panel>
      <Answer query={report} height={280}>
        {(data) => <BotList report={data} rules={rules} days={days} />}
      </Answer>
    </>
  );
}

function ThresholdSlider({
  value,
  disabled,
  onChange,
}: {
  value: number;
  disabled: boolean;
  onChange: (value: number) => void;
}) {
  return (
    <div>
      <span className="counting-label" id="bot-threshold">
        A bot from a score of <strong>{value}</strong>
      </span>
      <Slider
        className="counting-slider"
        thumbLabel="A bot from a score of"
        min={5}
        max={100}
        step={5}
        label={null}
        marks={[
          { value: 10, label: 'wary' },
          { value: 50, label: '50' },
          { value: 90, label: 'lenient' },
        ]}
        value={value}
        onChange={onChange}
        disabled={disabled}
      />
    </div>
  );
}

function withLayer(
  chosen: BotRules['layers'],
  id: BotRules['layers'][number],
  counts: boolean,
): BotRules['layers'] {
  return layers.map((layer) => layer.id).filter((one) => (one === id ? counts : chosen.includes(one)));
}

function sorted(rules: BotRules): BotRules {
  return { ...rules, layers: rules.layers.toSorted() };
}
