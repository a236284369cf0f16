import { ActionIcon } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconTrash } from '@tabler/icons-react';
import type { Range } from '../../src/contract/query.ts';
import type { FunnelStep } from '../address/step.ts';
import { EventPicker } from '../catalog/event-picker.tsx';
import { FilterList } from '../filter/filter-list.tsx';

interface StepEditorProps {
  readonly step: FunnelStep;
  readonly index: number;
  readonly count: number;
  readonly range: Range;
  readonly onChange: (step: FunnelStep) => void;
  readonly onMove: (by: -1 | 1) => void;
  readonly onRemove: (() => void) | undefined;
}

export function StepEditor({ step, index, count, range, onChange, onMove, onRemove }: StepEditorProps) {
  const number = index + 1;
  return (
    <fieldset className="builder-row" aria-label={`Step ${number}`}>
      <span className="builder-letter" aria-hidden="true">
        {number}
      </span>
      <div className="builder-fields">
        <EventPicker
          label={`Event of step ${number}`}
          value={step.event || undefined}
          onChange={(event) => onChange({ ...step, event: event ?? '' })}
          any
          width={240}
        />
        {step.event === '' ? null : (
          <FilterList
            filters={step.filters}
            event={step.event}
            range={range}
            onChange={(filters) => onChange({ ...step, filters: [...filters] })}
          />
        )}
      </div>
      <div className="builder-actions">
        <ActionIcon aria-label={`Move step ${number} up`} disabled={index === 0} onClick={() => onMove(-1)}>
          <IconArrowUp size={15} stroke={1.6} />
        </ActionIcon>
        <ActionIcon
          aria-label={`Move step ${number} down`}
          disabled={index === count - 1}
          onClick={() => onMove(1)}
        >
          <IconArrowDown size={15} stroke={1.6} />
        </ActionIcon>
        <ActionIcon aria-label={`Remove step ${number}`} disabled={!onRemove} onClick={onRemove}>
          <IconTrash size={15} stroke={1.6} />
        </ActionIcon>
      </div>
    </fieldset>
  );
}
