import { Button, Drawer, Stack } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { PlanEventResult, PlannedEventFacts } from '../../src/contract/plan-endpoints.ts';
import { call } from '../call.ts';
import { compact } from '../format/number.ts';
import { moment } from '../format/time.ts';
import { Answer } from '../panel/answer.tsx';
import { Failure } from '../panel/failure.tsx';
import { useCall } from '../query.ts';
import { mayAct, useSession } from '../session/session.tsx';
import { CopyButton } from '../snippet/copy-button.tsx';
import { download, schemaFile } from './download.ts';
import { EventDays } from './event-days.tsx';
import { InferSchema } from './infer-schema.tsx';
import { PlanMark } from './plan-table.tsx';
import { PropertyTable } from './property-table.tsx';

interface EventDrawerProps {
  readonly event: string | undefined;
  readonly facts: PlannedEventFacts | undefined;
  readonly onClose: () => void;
}

/** Everything about one event: what is planned, what came, and what is wrong with it. */
export function EventDrawer({ event, facts, onClose }: EventDrawerProps) {
  return (
    <Drawer
      opened={event !== undefined}
      onClose={onClose}
      title={event ?? ''}
      position="right"
      size="xl"
      classNames={{ title: 'plan-title' }}
    >
      {event === undefined ? null : <EventFacts event={event} facts={facts} />}
    </Drawer>
  );
}

function EventFacts({
  event,
  facts,
}: {
  readonly event: string;
  readonly facts: PlannedEventFacts | undefined;
}) {
  const { project } = useSession();
  const query = useCall('planEvent', { project: project.id, event, timezone: project.timezone });
  return (
    <Answer query={query} height={480}>
      {(result) => (
        <Stack gap="lg">
          {facts ? (
            <p className="plan-facts">
              <PlanMark event={facts} />
              {facts.owner === '' ? null : <span>Owner: {facts.owner}</span>}
              {facts.iglu === '' ? null : (
                <code>iglu:{facts.iglu.replace(/\/([^/]*)$/, '/jsonschema/$1')}</code>
              )}
            </p>
          ) : null}
          {facts && facts.description !== '' ? <p>{facts.description}</p> : null}
          <section aria-label="30 days">
            <h3 className="panel-title">30 days</h3>
            <EventDays days={result.days} />
          </section>
          <Causes result={result} />
          <Schema event={event} result={result} />
        </Stack>
      )}
    </Answer>
  );
}

function Causes({ result: { causes } }: { readonly result: PlanEventResult }) {
  const { project } = useSession();
  if (causes.length === 0) return null;
  return (
    <section aria-label="What does not fit">
      <h3 className="panel-title">What does not fit</h3>
      <div className="table-scroll plan-framed">
        <table className="data" aria-label="Causes">
          <thead>
            <tr>
              <th scope="col">Cause</th>
              <th scope="col" className="number">
                Events
              </th>
              <th scope="col">From</th>
              <th scope="col">To</th>
              <th scope="col">Sent by</th>
            </tr>
          </thead>
          <tbody>
            {causes.map(({ cause, count, first, last, library, quarantined }) => (
              <tr key={`${cause} ${quarantined}`} data-testid="cause-row">
                <td>
                  {cause}
                  {quarantined ? <span className="plan-mark">in quarantine</span> : null}
                </td>
                <td className="number">{compact(count)}</td>
                <td className="nowrap">{moment(first, project.timezone)}</td>
                <td className="nowrap">{moment(last, project.timezone)}</td>
                <td>{library}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Schema({ event, result }: { readonly event: string; readonly result: PlanEventResult }) {
  const { me, project } = useSession();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => call('removePlanSchema', { project: project.id, event }),
    onSuccess: () =>
      Promise.all(['plan', 'planEvent'].map((name) => queries.invalidateQueries({ queryKey: [name] }))),
  });
  const { origin, schema, file } = result;
  const mayChange = mayAct(me, 'editor');
  if (schema === '')
    return (
      <section aria-label="Schema">
        <h3 className="panel-title">Schema</h3>
        <p className="panel-note plan-lead">
          There is none. Make one from the events that came, or put a file into <code>workspace/schemas</code>
          .
        </p>
        {mayChange ? <InferSchema event={event} again={false} /> : null}
      </section>
    );
  return (
    <section aria-label="Schema">
      <div className="snippet-head">
        <h3 className="panel-title">
          Schema{' '}
          <span className="muted">{origin === 'file' ? `in schemas/${file}` : 'accepted in here'}</span>
        </h3>
        <div className="plan-infer">
          <CopyButton text={schema} />
          <Button
            variant="default"
            leftSection={<IconDownload size={14} />}
            onClick={() => download(schemaFile(event), `${schema}\n`)}
          >
            {schemaFile(event)}
          </Button>
          {origin === 'interface' && mayChange ? (
            <Button variant="default" onClick={() => remove.mutate()} loading={remove.isPending}>
              Remove
            </Button>
          ) : null}
        </div>
      </div>
      {remove.error ? <Failure error={remove.error} /> : null}
      <Stack gap="sm">
        <PropertyTable properties={result.properties} />
        <details>
          <summary>JSON</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
          <pre className="code plan-json" tabIndex={0}>
            {schema}
          </pre>
        </details>
        {origin === 'interface' && mayChange ? <InferSchema event={event} again /> : null}
      </Stack>
    </section>
  );
}
