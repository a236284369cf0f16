import { Button, Divider, Popover, Stack, UnstyledButton } from '@mantine/core';
import { DatePicker } from '@mantine/dates';
import { useDisclosure } from '@mantine/hooks';
import { IconCalendar, IconCheck, IconChevronDown } from '@tabler/icons-react';
import { useState } from 'react';
import { useAddress } from '../address/use-address.ts';
import type { View } from '../address/use-view.ts';
import { daysName } from '../format/time.ts';
import { customDays, defaultPreset, presets } from './presets.ts';

/** Chooses the days of the page: a preset that moves with the calendar, or two days that stay. */
export function RangePicker({ view }: { view: View }) {
  const [opened, popover] = useDisclosure(false);
  const [search, change] = useAddress();
  const custom = customDays(search.range);
  const preset = custom ? undefined : presets.find(({ id }) => id === (search.range ?? defaultPreset));
  const days = daysName(view.days.from, view.days.to, view.today);
  const choose = (range: string) => {
    popover.close();
    change({ range: range === defaultPreset ? undefined : range });
  };
  return (
    <Popover
      opened={opened}
      onChange={(open) => !open && popover.close()}
      position="bottom-end"
      trapFocus
      shadow="none"
    >
      <Popover.Target>
        <Button
          variant="default"
          leftSection={<IconCalendar size={15} stroke={1.6} />}
          rightSection={<IconChevronDown size={14} stroke={1.6} />}
          onClick={popover.toggle}
          title={`${days} (${view.timezone})`}
          aria-label={`Date range: ${preset?.label ?? days}`}
        >
          {preset?.label ?? days}
        </Button>
      </Popover.Target>
      <Popover.Dropdown p={8} className="range-dropdown">
        <ul className="range-presets">
          {presets.map(({ id, label }) => (
            <li key={id}>
              <UnstyledButton
                className="range-preset"
                onClick={() => choose(id)}
                aria-pressed={preset?.id === id}
              >
                {label}
                {preset?.id === id ? <IconCheck size={14} aria-hidden="true" /> : null}
              </UnstyledButton>
            </li>
          ))}
        </ul>
        <Divider orientation="vertical" className="range-divider" />
        <CustomRange view={view} onChoose={choose} />
      </Popover.Dropdown>
    </Popover>
  );
}

function CustomRange({ view, onChoose }: { view: View; onChoose: (range: string) => void }) {
  const [value, setValue] = useState<[string | null, string | null]>([view.days.from, view.days.to]);
  const [from, to] = value;
  return (
    <Stack gap={8} p={4}>
      <DatePicker
        type="range"
        size="xs"
        allowSingleDateInRange
        weekendDays={[]}
        value={value}
        onChange={setValue}
        maxDate={view.today}
        defaultDate={view.days.to}
        aria-label="Custom range"
      />
      <Button
        disabled={!from || !to}
        onClick={() => from && to && onChoose(`${from.slice(0, 10)}..${to.slice(0, 10)}`)}
      >
        Show these days
      </Button>
      <p className="panel-note">Days in {view.timezone}</p>
    </Stack>
  );
}
