import { Select } from '@mantine/core';
import { replaceOnType } from '../panel/replace-on-type.ts';

const zones = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];

interface TimezoneSelectProps {
  readonly value: string;
  readonly onChange: (zone: string) => void;
  readonly disabled?: boolean;
}

export function TimezoneSelect({ value, onChange, disabled }: TimezoneSelectProps) {
  return (
    <Select
      label="Time zone"
      description="Days of every report begin and end in this zone."
      size="sm"
      data={zones.includes(value) ? zones : [value, ...zones]}
      value={value}
      onChange={(zone) => zone !== null && onChange(zone)}
      searchable
      {...replaceOnType}
      disabled={disabled ?? false}
      limit={100}
      nothingFoundMessage="No such time zone"
    />
  );
}
