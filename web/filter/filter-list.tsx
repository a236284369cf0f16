import { CloseButton, Popover, UnstyledButton } from '@mantine/core';
import { useDisclosure, useHotkeys } from '@mantine/hooks';
import { IconFilter, IconPlus } from '@tabler/icons-react';
import type { Filter, Range } from '../../src/contract/query.ts';
import { describeFilter, needsValue, operatorNames, propertyLabel, valueLabel } from './describe.ts';
import { FilterEditor } from './filter-editor.tsx';

interface FilterListProps {
  readonly filters: readonly Filter[];
  readonly onChange: (filters: readonly Filter[]) => void;
  readonly event?: string | undefined;
  readonly range?: Range | undefined;
  /** The filters of the whole page answer to the key `/`. */
  readonly hotkey?: boolean;
}

/** Conditions as chips: click to edit, cross to remove, all of them must hold. */
export function FilterList({ filters, onChange, event, range, hotkey = false }: FilterListProps) {
  return (
    <ul className="filters" aria-label="Filters">
      {filters.map((filter, index) => (
        // Two equal filters may stand side by side while one is being edited.
        // biome-ignore lint/suspicious/noArrayIndexKey: the place in the list is the identity
        <li key={index}>
          <FilterChip
            filter={filter}
            event={event}
            range={range}
            onChange={(next) => onChange(filters.with(index, next))}
            onRemove={() => onChange(filters.toSpliced(index, 1))}
          />
        </li>
      ))}
      <li>
        <AddFilter
          hotkey={hotkey}
          event={event}
          range={range}
          onAdd={(added) => onChange([...filters, added])}
        />
      </li>
      {filters.length > 1 ? (
        <li>
          <UnstyledButton className="filter-clear" onClick={() => onChange([])}>
            Clear all
          </UnstyledButton>
        </li>
      ) : null}
    </ul>
  );
}

interface FilterChipProps {
  readonly filter: Filter;
  readonly event: string | undefined;
  readonly range: Range | undefined;
  readonly onChange: (filter: Filter) => void;
  readonly onRemove: () => void;
}

function FilterChip({ filter, event, range, onChange, onRemove }: FilterChipProps) {
  const [opened, popover] = useDisclosure(false);
  const text = describeFilter(filter);
  return (
    <Popover
      opened={opened}
      onChange={(open) => !open && popover.close()}
      position="bottom-start"
      trapFocus
      shadow="none"
      width={360}
      closeOnEscape={false}
    >
      <Popover.Target>
        <span className="chip" data-testid="filter-chip">
          <UnstyledButton
            className="chip-text"
            onClick={popover.toggle}
            aria-label={`Edit filter: ${text}`}
            title={text}
          >
            {propertyLabel(filter.property)} <span className="chip-op">{operatorNames[filter.op]}</span>{' '}
            {needsValue(filter.op) ? (
              <strong>{filter.values.map((value) => valueLabel(filter.property, value)).join(' or ')}</strong>
            ) : null}
          </UnstyledButton>
          <CloseButton size="xs" aria-label={`Remove filter: ${text}`} onClick={onRemove} />
        </span>
      </Popover.Target>
      <Popover.Dropdown p={12} maw="calc(100vw - 16px)">
        <FilterEditor
          filter={filter}
          event={event}
          range={range}
          onRemove={onRemove}
          onCancel={popover.close}
          onDone={(next) => {
            popover.close();
            onChange(next);
          }}
        />
      </Popover.Dropdown>
    </Popover>
  );
}

interface AddFilterProps {
  readonly hotkey: boolean;
  readonly event: string | undefined;
  readonly range: Range | undefined;
  readonly onAdd: (filter: Filter) => void;
}

function AddFilter({ hotkey, event, range, onAdd }: AddFilterProps) {
  const [opened, popover] = useDisclosure(false);
  useHotkeys(hotkey ? [['/', popover.open]] : []);
  return (
    <Popover
      opened={opened}
      onChange={(open) => !open && popover.close()}
      position="bottom-start"
      trapFocus
      shadow="none"
      width={360}
      closeOnEscape={false}
    >
      <Popover.Target>
        <UnstyledButton
          className="filter-add"
          onClick={popover.toggle}
          title={hotkey ? 'Press / to add a filter' : undefined}
        >
          {hotkey ? <IconFilter size={14} stroke={1.6} /> : <IconPlus size={14} stroke={1.6} />}
          Filter
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown p={12} maw="calc(100vw - 16px)">
        <FilterEditor
          filter={undefined}
          event={event}
          range={range}
          onCancel={popover.close}
          onDone={(filter) => {
            popover.close();
            onAdd(filter);
          }}
        />
      </Popover.Dropdown>
    </Popover>
  );
}
