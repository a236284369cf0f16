import { Button } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ReceivedDelivery } from '../../src/contract/door-endpoints.ts';
import type { Source } from '../../src/contract/source.ts';
import { call } from '../call.ts';
import { Failure } from '../panel/failure.tsx';
import { Panel } from '../panel/panel.tsx';
import { useCall } from '../query.ts';
import { MappingEditor } from './mapping-editor.tsx';
import { MappingResults } from './mapping-results.tsx';

interface MappingProps {
  readonly source: Source;
  readonly deliveries: readonly ReceivedDelivery[];
  readonly editable: boolean;
  readonly now: number;
}

const pause = 400;
const tried = 5;

/** A JSONata text, and beside it the events that it would make of what came last; nothing is stored before it is saved. */
export function Mapping({ source, deliveries, editable, now }: MappingProps) {
  const queries = useQueryClient();
  const [text, setText] = useState(source.mapping ?? '');
  const [asked] = useDebouncedValue(text.trim(), pause);
  const last = deliveries.slice(0, tried);
  const attempt = useCall(
    'tryMapping',
    {
      project: source.project,
      source: source.id,
      mapping: asked,
      offsets: last.map(({ offset }) => offset),
    },
    { enabled: asked !== '' && last.length > 0, keep: true },
  );
  const save = useMutation({
    mutationFn: (mapping: string | null) =>
      call('updateSource', { project: source.project, source: source.id, mapping }),
    onSuccess: async ({ mapping }) => {
      setText(mapping ?? '');
      await queries.invalidateQueries({ queryKey: ['listSources'] });
      notifications.show({ message: 'Saved; what comes from now on is read by it' });
    },
  });
  const unchanged = text.trim() === (source.mapping ?? '');
  return (
    <Panel title="Mapping" flush>
      <p className="panel-note webhook-hint">
        JSONata that makes of each body one event, or a list of them, with the fields event, userId,
        anonymousId, accountId, timestamp, id, revenue, currency, properties and traits. Without one the event
        is “webhook received” with the body as its properties.
      </p>
      <div className="webhook-mapping">
        <div>
          <MappingEditor value={text} onChange={setText} editable={editable} />
          {save.error ? <Failure error={save.error} /> : null}
          {editable ? (
            <div className="builder-foot">
              <Button
                onClick={() => save.mutate(text.trim())}
                loading={save.isPending}
                disabled={unchanged || text.trim() === ''}
              >
                Save mapping
              </Button>
              {source.mapping === null ? null : (
                <Button variant="subtle" color="red" onClick={() => save.mutate(null)}>
                  Remove
                </Button>
              )}
            </div>
          ) : null}
        </div>
        <div>
          {attempt.error ? <Failure error={attempt.error} /> : null}
          {asked === '' || last.length === 0 || !attempt.data ? (
            <p className="webhook-empty">
              {last.length === 0
                ? 'Send something, and see here what a mapping makes of it.'
                : 'Write a mapping, and see here what it makes of the last deliveries.'}
            </p>
          ) : (
            <MappingResults results={attempt.data.results} deliveries={last} now={now} />
          )}
        </div>
      </div>
    </Panel>
  );
}
