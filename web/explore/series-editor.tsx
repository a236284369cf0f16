import { ActionIcon, Select, Tooltip } from '@mantine/core';
import { IconCopy, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import type { Range, Series } from '../../src/contract/query.ts';
import { measureOf } from '../address/series.ts';
import { EventPicker } from '../catalog/event-picker.tsx';
import { FilterList } from '../filter/filter-list.tsx';
import { PropertyPicker } from '../filter/property-picker.tsx';
import { measureKinds, measureNames } from './measures.ts';

interface SeriesEditorProps {
  readonly series: Series;
  readonly index: number;
  readonly range: Range;
  readonly onChange: (series: Series) => void;
  readonly onCopy?: (() => void) | undefined;
  readonly onRemove?: (() => void) | undefined;
}

/** One series of Explore: an event, how it is measured, and conditions of its own. */
export function SeriesEditor({ series, index, range, onChange, onCopy, onRemove }: SeriesEditorProps) {
  const property = 'property' in series.measure ? series.measure.property : undefined;
  // A kind that needs a property is remembered here until the property is chosen; the address then has both.
  const [pending, setPending] = useState<string>();
  const kind = pending ?? series.measure.kind;
  const needsProperty = measureNames[kind as keyof typeof measureNames].endsWith(' of');
  const chooseKind = (next: string) => {
    const measure = measureOf(next, property);
    setPending(measure.kind === next ? undefined : next);
    if (measure.kind === next) onChange({ ...series, measure });
  };
  const chooseProperty = (next: string | undefined) => {
    setPending(undefined);
    onChange({ ...series, measure: measureOf(kind, next) });
  };
  const letter = String.fromCharCode(65 + index);
  return (
    <fieldset className="builder-row" aria-label={`Series ${letter}`}>
      <span className="builder-letter" aria-hidden="true">
        {letter}
      </span>
      <div className="builder-fields">
        <EventPicker
          label={`Event of series ${letter}`}
          value={series.event}
          onChange={(event) => event && onChange({ ...series, event })}
          any
        />
        <Select
          aria-label={`Measure of series ${letter}`}
          value={kind}
          onChange={(next) => next !== null && chooseKind(next)}
          data={measureKinds.map((value) => ({ value, label: measureNames[value] }))}
          w={160}
          maxDropdownHeight={320}
          comboboxProps={{ shadow: 'none' }}
        />
        {needsProperty ? (
          <PropertyPicker
            label={`Measured property of series ${letter}`}
            placeholder="Which property?"
            value={property}
            onChange={chooseProperty}
            event={series.event}
            numbers
          />
        ) : null}
        <FilterList
          filters={series.filters}
          event={series.event}
          range={range}
          onChange={(filters) => onChange({ ...series, filters: [...filters] })}
        />
      </div>
      <div className="builder-actions">
        {onCopy ? (
          <Tooltip label="Copy this series">
            <ActionIcon aria-label={`Copy series ${letter}`} onClick={onCopy}>
              <IconCopy size={15} stroke={1.6} />
            </ActionIcon>
          </Tooltip>
        ) : null}
        {onRemove ? (
          <Tooltip label="Remove this series">
            <ActionIcon aria-label={`Remove series ${letter}`} onClick={onRemove}>
              <IconTrash size={15} stroke={1.6} />
            </ActionIcon>
          </Tooltip>
        ) : null}
      </div>
    </fieldset>
  );
}
