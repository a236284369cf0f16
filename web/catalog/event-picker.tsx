import { Select } from '@mantine/core';
import { compact } from '../format/number.ts';
import { replaceOnType } from '../panel/replace-on-type.ts';
import { useCall } from '../query.ts';
import { useSession } from '../session/session.tsx';

interface EventPickerProps {
  readonly value: string | undefined;
  readonly onChange: (event: string | undefined) => void;
  readonly label: string;
  readonly placeholder?: string;
  /** Offers `*`, any event. */
  readonly any?: boolean;
  readonly clearable?: boolean;
  readonly width?: number | string;
}

/** Name of an event for a reader. */
export function eventLabel(event: string): string {
  if (event === '*') return 'Any event';
  return event === 'page' ? 'Page view' : event;
}

/** Chooses an event of the last 90 days, most frequent first. */
export function EventPicker(props: EventPickerProps) {
  const { project } = useSession();
  const known = useCall('eventNames', { project: project.id });
  const counts = new Map((known.data?.events ?? []).map(({ event, count }) => [event, count]));
  const names = [...counts.keys()];
  const missing = props.value !== undefined && props.value !== '*' && !counts.has(props.value);
  const options = [...(props.any ? ['*'] : []), ...(missing && props.value ? [props.value] : []), ...names];
  return (
    <Select
      aria-label={props.label}
      placeholder={props.placeholder ?? 'Choose an event'}
      data={options.map((event) => ({ value: event, label: eventLabel(event) }))}
      value={props.value ?? null}
      onChange={(event) => props.onChange(event ?? undefined)}
      onClear={() => props.onChange(undefined)}
      searchable
      clearable={props.clearable ?? false}
      limit={200}
      nothingFoundMessage="No such event in the last 90 days"
      w={props.width ?? 200}
      comboboxProps={{ width: 280, position: 'bottom-start', shadow: 'none' }}
      {...replaceOnType}
      renderOption={({ option }) => (
        <span className="option">
          <span className="option-name">{option.label}</span>
          <span className="option-count">
            {counts.has(option.value) ? compact(counts.get(option.value) ?? 0) : ''}
          </span>
        </span>
      )}
    />
  );
}
