import { TagsInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import type { Range } from '../../src/contract/query.ts';
import { full } from '../format/number.ts';
import { useCall } from '../query.ts';
import { useSession } from '../session/session.tsx';
import { valueLabel, valueMark } from './describe.ts';

interface ValuePickerProps {
  readonly property: string;
  readonly values: readonly string[];
  readonly onChange: (values: string[]) => void;
  readonly event?: string | undefined;
  readonly range?: Range | undefined;
}

/** Chooses values: those that occur, most frequent first, or any text. */
export function ValuePicker({ property, values, onChange, event, range }: ValuePickerProps) {
  const { project } = useSession();
  const [search, setSearch] = useState('');
  const [opened, setOpened] = useState(false);
  const [settled] = useDebouncedValue(search, 250);
  const found = useCall(
    'propertyValues',
    {
      project: project.id,
      property,
      search: settled,
      ...(event === undefined || event === '*' ? {} : { event }),
      ...(range === undefined ? {} : { range }),
    },
    { keep: true },
  );
  const counts = new Map((found.data?.values ?? []).map(({ value, count }) => [value, count]));
  return (
    <TagsInput
      size="xs"
      aria-label="Values"
      placeholder={values.length === 0 ? 'Choose or type values' : ''}
      data={[...counts.keys()].filter((value) => value !== '')}
      value={[...values]}
      onChange={onChange}
      searchValue={search}
      onSearchChange={setSearch}
      acceptValueOnBlur
      dropdownOpened={opened}
      onDropdownOpen={() => setOpened(true)}
      onDropdownClose={() => setOpened(false)}
      // It would cover the button that comes next.
      onOptionSubmit={() => setOpened(false)}
      onClick={() => setOpened(true)}
      splitChars={[]}
      // The server searched already, also in what is not among the first hundred.
      filter={({ options }) => options}
      maxDropdownHeight={240}
      comboboxProps={{ shadow: 'none', withinPortal: false }}
      renderOption={({ option }) => (
        <span className="option">
          <span className="option-name">
            {valueMark(property, option.value)} {valueLabel(property, option.value)}
          </span>
          <span className="option-count">{full(counts.get(option.value) ?? 0)}</span>
        </span>
      )}
    />
  );
}
