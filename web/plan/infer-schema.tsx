import { Button, Select, Stack, Textarea } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../call.ts';
import { counted } from '../format/number.ts';
import { Failure } from '../panel/failure.tsx';
import { useSession } from '../session/session.tsx';
import { PropertyTable } from './property-table.tsx';

const periods = [
  { value: '1', label: 'the last day' },
  { value: '7', label: 'the last 7 days' },
  { value: '14', label: 'the last 14 days' },
  { value: '30', label: 'the last 30 days' },
];

interface InferSchemaProps {
  readonly event: string;
  /** Of a schema that is there already. */
  readonly again: boolean;
}

/** A schema from what came: one click makes it, it is shown and can be changed, a second one accepts it. */
export function InferSchema({ event, again }: InferSchemaProps) {
  const { project } = useSession();
  const queries = useQueryClient();
  const [days, setDays] = useState('14');
  const [text, setText] = useState('');
  const infer = useMutation({
    mutationFn: () => call('inferSchema', { project: project.id, event, days: Number(days) }),
    onSuccess: ({ schema }) => setText(schema),
  });
  const accept = useMutation({
    mutationFn: () => call('savePlanSchema', { project: project.id, schema: text }),
    onSuccess: async () => {
      infer.reset();
      await Promise.all(['plan', 'planEvent'].map((name) => queries.invalidateQueries({ queryKey: [name] })));
    },
  });
  const { data } = infer;
  if (!data)
    return (
      <Stack gap="sm">
        <div className="plan-infer">
          <Button size="sm" onClick={() => infer.mutate()} loading={infer.isPending}>
            {again ? 'Infer again from live traffic' : 'Infer a schema from live traffic'}
          </Button>
          <Select
            aria-label="Events of"
            size="sm"
            w={160}
            data={periods}
            value={days}
            onChange={(next) => next !== null && setDays(next)}
          />
        </div>
        {infer.error ? <Failure error={infer.error} /> : null}
      </Stack>
    );
  return (
    <Stack gap="sm">
      <p className="panel-note">
        From {counted(data.events, 'event', 'events')}. Look at it, change what is too narrow, say who owns
        it, and accept it: from then on each new event is checked.
      </p>
      {text === data.schema ? <PropertyTable properties={data.properties} /> : null}
      <Textarea
        label="Schema"
        description="JSON Schema. “policy”: “pass”, “mark” or “quarantine” says what becomes of events that do not fit; “owner” who answers for it."
        classNames={{ input: 'plan-editor' }}
        value={text}
        onChange={(change) => setText(change.currentTarget.value)}
        autosize
        minRows={8}
        maxRows={24}
        spellCheck={false}
      />
      {accept.error ? <Failure error={accept.error} /> : null}
      <div className="plan-infer">
        <Button size="sm" onClick={() => accept.mutate()} loading={accept.isPending}>
          Accept
        </Button>
        <Button size="sm" variant="default" onClick={() => infer.reset()}>
          Discard
        </Button>
      </div>
    </Stack>
  );
}
