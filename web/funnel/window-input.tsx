import { NumberInput, Select } from '@mantine/core';
import { type FunnelWindow, type WindowUnit, windowSeconds } from '../address/step.ts';

interface WindowInputProps {
  readonly value: FunnelWindow;
  readonly onChange: (window: FunnelWindow) => void;
}

const units: readonly { readonly value: WindowUnit; readonly label: string }[] = [
  { value: 'm', label: 'minutes' },
  { value: 'h', label: 'hours' },
  { value: 'd', label: 'days' },
];

/** How long somebody may take from the first step to the last. */
export function WindowInput({ value, onChange }: WindowInputProps) {
  const most = Math.floor(
    windowSeconds({ amount: 366, unit: 'd' }) / windowSeconds({ amount: 1, unit: value.unit }),
  );
  return (
    <span className="window-input">
      <NumberInput
        size="xs"
        w={72}
        aria-label="Conversion window"
        min={1}
        max={most}
        allowDecimal={false}
        value={value.amount}
        onChange={(amount) => typeof amount === 'number' && amount >= 1 && onChange({ ...value, amount })}
      />
      <Select
        aria-label="Unit of the conversion window"
        w={96}
        value={value.unit}
        onChange={(unit) => unit !== null && onChange({ ...value, unit })}
        data={[...units]}
      />
    </span>
  );
}
