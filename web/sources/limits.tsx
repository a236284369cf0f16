import { Button, NumberInput, PasswordInput, Stack, TagsInput, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Source } from '../../src/contract/source.ts';
import { call } from '../call.ts';
import { Failure } from '../panel/failure.tsx';
import { senderOf } from './senders.ts';

interface LimitsProps {
  readonly source: Source;
  readonly editable: boolean;
  /** Names of events that this source has sent, to choose from. */
  readonly names: readonly string[];
}

/** What a source may send, from where, and how fast. */
export function Limits({ source, editable, names }: LimitsProps) {
  const queries = useQueryClient();
  const [name, setName] = useState(source.name);
  const [origins, setOrigins] = useState<string[]>(source.origins);
  const [events, setEvents] = useState<string[]>(source.events);
  const [rate, setRate] = useState<number | string>(source.requestsPerSecond ?? '');
  const [secret, setSecret] = useState('');
  const save = useMutation({
    mutationFn: () =>
      call('updateSource', {
        project: source.project,
        source: source.id,
        name: name.trim(),
        origins,
        events,
        requestsPerSecond: typeof rate === 'number' ? rate : null,
        ...(secret === '' ? {} : { secret }),
      }),
    onSuccess: async () => {
      setSecret('');
      await queries.invalidateQueries({ queryKey: ['listSources'] });
      notifications.show({ message: 'Saved; the collector knows within two seconds' });
    },
  });
  const secretOf = senderOf(source.door)?.secret;
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <fieldset className="bare" disabled={!editable}>
        <Stack gap="sm">
          <TextInput
            label="Name"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            maxLength={100}
            required
          />
          {secretOf ? (
            <PasswordInput
              label={secretOf[0]}
              description={secretOf[1]}
              placeholder={source.signed ? 'Stored; enter another to replace it' : 'None yet'}
              value={secret}
              onChange={(event) => setSecret(event.currentTarget.value)}
              autoComplete="off"
            />
          ) : null}
          {/* other doors are called by programs, which have no origin */}
          {source.door === 'tracker' || source.origins.length > 0 ? (
            <TagsInput
              label="Origins"
              description="Pages that may send, such as https://*.example.com. Empty: all. Programs have no origin."
              placeholder={origins.length === 0 ? 'All' : ''}
              value={origins}
              onChange={(next) => setOrigins(next.map((one) => one.trim().replace(/\/$/, '').toLowerCase()))}
              splitChars={[',', ' ']}
              acceptValueOnBlur
              clearable
              disabled={!editable}
            />
          ) : null}
          <TagsInput
            label="Events"
            description="Names that may be sent; others go to quarantine. Empty: all."
            placeholder={events.length === 0 ? 'All' : ''}
            data={[...names]}
            value={events}
            onChange={setEvents}
            splitChars={[',']}
            acceptValueOnBlur
            clearable
            disabled={!editable}
          />
          <NumberInput
            label="Requests per second"
            description="More are told to come back (503 with Retry-After). Empty: no limit."
            placeholder="No limit"
            value={rate}
            onChange={setRate}
            min={1}
            max={100_000}
            allowDecimal={false}
            disabled={!editable}
          />
          {save.error ? <Failure error={save.error} /> : null}
          {editable ? (
            <div>
              <Button type="submit" size="sm" loading={save.isPending} disabled={name.trim() === ''}>
                Save
              </Button>
            </div>
          ) : null}
        </Stack>
      </fieldset>
    </form>
  );
}
