import { Button, Group, Select, Stack } from '@mantine/core';
import { useState } from 'react';
import type { Filter, Range } from '../../src/contract/query.ts';
import { needsValue, operatorNames, operatorsOf } from './describe.ts';
import { PropertyPicker } from './property-picker.tsx';
import { ValuePicker } from './value-picker.tsx';

interface FilterEditorProps {
  readonly filter: Filter | undefined;
  readonly event?: string | undefined;
  readonly range?: Range | undefined;
  readonly onDone: (filter: Filter) => void;
  readonly onCancel: () => void;
  readonly onRemove?: (() => void) | undefined;
}

/** Property, operator, values: one condition. */
export function FilterEditor({ filter, event, range, onDone, onCancel, onRemove }: FilterEditorProps) {
  const [property, setProperty] = useState(filter?.property);
  const [op, setOp] = useState<Filter['op']>(filter?.op ?? 'is');
  const [values, setValues] = useState<readonly string[]>(filter?.values ?? []);
  const operators = property === undefined ? [] : operatorsOf(property);
  const valued = needsValue(op);
  const ready = property !== undefined && (!valued || values.length > 0);
  const chooseProperty = (next: string | undefined) => {
    setProperty(next);
    setValues([]);
    if (next !== undefined && !operatorsOf(next).includes(op)) setOp('is');
  };
  return (
    <form
      className="filter-editor"
      aria-label="Filter"
      onKeyDown={(event) => {
        // The first Escape closes an open list of choices, the next one the editor.
        const choosing = event.currentTarget.querySelector('[aria-expanded="true"]');
        if (event.key === 'Escape' && !choosing) onCancel();
      }}
      onSubmit={(submit) => {
        submit.preventDefault();
        // A form inside of a popover is still inside of the page's form for React's events.
        submit.stopPropagation();
        if (property !== undefined && ready) onDone({ property, op, values: valued ? [...values] : [] });
      }}
    >
      <Stack gap={8}>
        <Group gap={8} wrap="nowrap">
          <PropertyPicker
            label="Property"
            inPopover
            value={property}
            onChange={chooseProperty}
            event={event}
            width="100%"
          />
          <Select
            aria-label="Operator"
            value={op}
            onChange={(next) => next !== null && setOp(next)}
            data={operators.map((operator) => ({ value: operator, label: operatorNames[operator] }))}
            disabled={property === undefined}
            w="100%"
            comboboxProps={{ shadow: 'none', withinPortal: false }}
          />
        </Group>
        {property !== undefined && valued ? (
          <ValuePicker
            key={property}
            property={property}
            values={values}
            onChange={setValues}
            event={event}
            range={range}
          />
        ) : null}
        <Group gap={8} justify="flex-end">
          {onRemove ? (
            <Button variant="subtle" color="gray" onClick={onRemove}>
              Remove
            </Button>
          ) : null}
          <Button type="submit" disabled={!ready}>
            {filter ? 'Change filter' : 'Add filter'}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
