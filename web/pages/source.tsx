import { SegmentedControl } from '@mantine/core';
import { useInterval } from '@mantine/hooks';
import { IconArrowLeft } from '@tabler/icons-react';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import type { Source, SourceStatus } from '../../src/contract/source.ts';
import { carriedSearch } from '../address/search.ts';
import { EmailLinks } from '../email/email-links.tsx';
import { ago } from '../format/duration.ts';
import { compact, full } from '../format/number.ts';
import { Answer } from '../panel/answer.tsx';
import { EmptyPanel } from '../panel/empty.tsx';
import { Page } from '../panel/page.tsx';
import { Panel } from '../panel/panel.tsx';
import { useCall } from '../query.ts';
import { mayAct, useSession } from '../session/session.tsx';
import { SnippetTabs } from '../snippet/snippet-tabs.tsx';
import { Limits } from '../sources/limits.tsx';
import { doorName } from '../sources/senders.ts';
import { setupOf } from '../sources/setup.ts';
import { SourceKey } from '../sources/source-key.tsx';
import { SourceProblems } from '../sources/source-problems.tsx';
import { FailedItems, LatestEvents } from '../sources/source-sample.tsx';
import { SourceVolume } from '../sources/source-volume.tsx';
import { isWebhook } from '../webhooks/doors.ts';
import { Webhook } from '../webhooks/webhook.tsx';

const periods = [
  { value: '24', label: '24 hours' },
  { value: '168', label: '7 days' },
];

/** One source: what it sends, what it may send, and how to set it up. */
export function SourcePage() {
  const { project } = useSession();
  const { source: id } = useParams({ from: '/inside/sources/$source' });
  const [hours, setHours] = useState('24');
  const sources = useCall('listSources', { project: project.id });
  const status = useCall(
    'sourceStatus',
    { project: project.id, source: id, hours: Number(hours) },
    { every: 3_000, keep: true },
  );
  const source = sources.data?.sources.find((one) => one.id === id);
  return (
    <Page
      title={source?.name ?? 'Source'}
      note={
        <span className="source-crumb">
          <Link to="/sources" search={carriedSearch}>
            <IconArrowLeft size={14} aria-hidden="true" /> All sources
          </Link>
          {source ? ` · ${doorName(source.door)}` : null}
        </span>
      }
      tools={
        <SegmentedControl size="xs" data={periods} value={hours} onChange={setHours} aria-label="Period" />
      }
    >
      <Answer query={sources} height={560}>
        {(data) =>
          source ? (
            <SourceView key={source.id} source={source} script={data.trackerScript} status={status} />
          ) : (
            <Panel>
              <EmptyPanel title="There is no such source">It may have been revoked.</EmptyPanel>
            </Panel>
          )
        }
      </Answer>
    </Page>
  );
}

interface SourceViewProps {
  readonly source: Source;
  /** Path of our tracker's script. */
  readonly script: string;
  readonly status: ReturnType<typeof useCall<'sourceStatus'>>;
}

function SourceView({ source, script, status }: SourceViewProps) {
  const { me } = useSession();
  const [now, setNow] = useState(() => Date.now());
  useInterval(() => setNow(Date.now()), 1_000, { autoInvoke: true });
  const admin = mayAct(me, 'admin');
  const silent = status.data !== undefined && status.data.lastEvent === null && source.lastUsedAt === null;
  const setup = (
    <Panel
      title="Set up"
      tools={
        silent ? (
          <p className="waiting" role="status">
            <span className="pulse" aria-hidden="true" />
            Waiting for the first event…
          </p>
        ) : undefined
      }
    >
      <SnippetTabs writeKey={source.key} script={script} snippets={setupOf(source.door)} />
    </Panel>
  );
  return (
    <div className="stack">
      {silent ? setup : null}
      {source.door === 'email' ? <EmailLinks source={source} /> : null}
      {isWebhook(source.door) && !silent ? <Webhook source={source} editable={admin} now={now} /> : null}
      {silent ? null : (
        <Answer query={status} height={260}>
          {(data) => <Volume source={source} status={data} now={now} />}
        </Answer>
      )}
      <div className="grid-2">
        <div className="stack">
          <Panel title="Key">
            <SourceKey source={source} editable={admin} />
          </Panel>
          {status.data && status.data.names.length > 0 ? (
            <Panel title="What it sends" flush>
              <EventNames names={status.data.names} />
            </Panel>
          ) : null}
        </div>
        <Panel title="Limits">
          <Limits
            source={source}
            editable={admin}
            names={status.data?.names.map(({ event }) => event) ?? []}
          />
        </Panel>
      </div>
      {status.data ? <Sample status={status.data} now={now} /> : null}
      {silent ? null : setup}
    </div>
  );
}

interface VolumeProps {
  readonly source: Source;
  readonly status: SourceStatus;
  readonly now: number;
}

/** How much came, from which libraries, and what was wrong with it. */
function Volume({ source, status, now }: VolumeProps) {
  const seen = Math.max(status.lastEvent ?? 0, source.lastUsedAt ?? 0);
  const { senders, refusals, reasons } = status;
  return (
    <div className="stack">
      <Panel
        title="Volume"
        tools={
          <span className="panel-note">{seen === 0 ? 'never seen' : `last seen ${ago(seen, now)}`}</span>
        }
      >
        <SourceVolume status={status} />
        <p className="panel-note source-senders">
          {senders
            .map(({ protocol, library, events }) => `${library || protocol}: ${compact(events)}`)
            .join(' · ')}
        </p>
      </Panel>
      {refusals.length + reasons.length === 0 ? null : (
        <Panel title="Problems" flush>
          <SourceProblems status={status} now={now} />
        </Panel>
      )}
    </div>
  );
}

function EventNames({ names }: { readonly names: SourceStatus['names'] }) {
  return (
    <div className="table-scroll tall">
      <table className="data" aria-label="Events by name">
        <tbody>
          {names.map(({ event, events }) => (
            <tr key={event}>
              <td className="clip">{event}</td>
              <td className="number">{full(events)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The newest of what came, and of what could not be processed. */
function Sample({ status, now }: Pick<VolumeProps, 'status' | 'now'>) {
  const { project } = useSession();
  const sample = { now, timezone: project.timezone };
  return (
    <>
      {status.latest.length === 0 ? null : (
        <Panel title="Newest events" flush>
          <LatestEvents items={status.latest} {...sample} />
        </Panel>
      )}
      {status.failed.length === 0 ? null : (
        <Panel title="Newest in quarantine" flush>
          <FailedItems items={status.failed} {...sample} />
        </Panel>
      )}
    </>
  );
}
