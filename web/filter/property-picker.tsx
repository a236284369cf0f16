import { Select } from '@mantine/core';
import { eventColumns, propertyPrefix } from '../../src/contract/columns.ts';
import type { Output } from '../../src/contract/endpoints.ts';
import { replaceOnType } from '../panel/replace-on-type.ts';
import { useCall } from '../query.ts';
import { useSession } from '../session/session.tsx';
import { propertyLabel } from './describe.ts';

interface PropertyPickerProps {
  readonly value: string | undefined;
  readonly onChange: (property: string | undefined) => void;
  readonly label: string;
  readonly placeholder?: string;
  /** Only properties of this event are offered. */
  readonly event?: string | undefined;
  /** Only what can be added up. */
  readonly numbers?: boolean;
  readonly clearable?: boolean;
  readonly width?: number | string;
  /** Inside of a popover, which a click into another layer would close. */
  readonly inPopover?: boolean;
}

interface Group {
  group: string;
  items: { value: string; label: string }[];
}

/** Chooses a column or a property that recent events had. */
export function PropertyPicker(props: PropertyPickerProps) {
  const { project } = useSession();
  const event = props.event === undefined || props.event === '*' ? undefined : props.event;
  const known = useCall('propertyNames', event ? { project: project.id, event } : { project: project.id });
  const properties = (known.data?.properties ?? [])
    .filter(({ kind }) => !props.numbers || kind === 'number')
    .map(({ path }) => (path.startsWith(propertyPrefix) ? path : propertyPrefix + path));
  const traits = (known.data?.traits ?? []).filter(({ kind }) => !props.numbers || kind === 'number');
  const groups = groupsOf(properties, traits, props.numbers ?? false, props.value, event !== undefined);
  return (
    <Select
      aria-label={props.label}
      placeholder={props.placeholder ?? 'Property'}
      data={groups}
      value={props.value ?? null}
      onChange={(value) => props.onChange(value ?? undefined)}
      onClear={() => props.onChange(undefined)}
      searchable
      clearable={props.clearable ?? false}
      limit={200}
      nothingFoundMessage="No such property in recent events"
      w={props.width ?? 180}
      comboboxProps={{
        width: 240,
        position: 'bottom-start',
        shadow: 'none',
        withinPortal: !(props.inPopover ?? false),
      }}
      {...replaceOnType}
    />
  );
}

function groupsOf(
  properties: readonly string[],
  traits: Output<'propertyNames'>['traits'],
  numbers: boolean,
  chosen: string | undefined,
  propertiesFirst: boolean,
): Group[] {
  const groups = new Map<string, Group>();
  const add = (group: string, value: string) => {
    const known = groups.get(group) ?? { group, items: [] };
    known.items.push({ value, label: propertyLabel(value) });
    groups.set(group, known);
  };
  const addProperties = () => {
    for (const property of new Set(properties)) add('Properties', property);
  };
  // About one event, its properties are what people look for; about all of them, the columns are.
  if (propertiesFirst) addProperties();
  for (const column of eventColumns) {
    if (!numbers || column.kind === 'number') add(column.group, column.name);
  }
  if (!propertiesFirst) addProperties();
  // What somebody is today, and what they were when the event happened, are different questions.
  for (const { of, name } of traits) {
    const group = of === 'person' ? 'Traits of the person' : 'Traits of the account';
    add(group, `${of}.${name}`);
    add(group, `${of}_then.${name}`);
  }
  const missing =
    chosen !== undefined &&
    ![...groups.values()].some(({ items }) => items.some(({ value }) => value === chosen));
  if (missing) add('Properties', chosen);
  return [...groups.values()];
}
