import { Button } from '@mantine/core';
import { useInterval } from '@mantine/hooks';
import { IconArrowLeft } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import type { QuarantineGroup, QuarantineReplay } from '../../src/contract/quarantine-endpoints.ts';
import { carriedSearch } from '../address/search.ts';
import { call } from '../call.ts';
import { ago } from '../format/duration.ts';
import { counted, full, percent } from '../format/number.ts';
import { Answer } from '../panel/answer.tsx';
import { EmptyPanel } from '../panel/empty.tsx';
import { Failure } from '../panel/failure.tsx';
import { Page } from '../panel/page.tsx';
import { Panel } from '../panel/panel.tsx';
import { FixPanel } from '../quarantine/fix-panel.tsx';
import { Items } from '../quarantine/items.tsx';
import { since } from '../quarantine/period.ts';
import { Replays } from '../quarantine/replays.tsx';
import { useSourceNames } from '../quarantine/source-names.ts';
import { useCall } from '../query.ts';
import { mayAct, useSession } from '../session/session.tsx';
import { Sparkline } from '../sources/sparkline.tsx';
import '../quarantine/quarantine.css';
import '../webhooks/webhook.css';

/** One cause: its items, a fix for them, and what was replayed. */
export function QuarantineGroupPage() {
  const { me, project } = useSession();
  const { cause } = useParams({ from: '/inside/quarantine/$cause' });
  const [now, setNow] = useState(() => Date.now());
  useInterval(() => setNow(Date.now()), 1_000, { autoInvoke: true });
  const nameOf = useSourceNames();
  const from = since('365', now);
  const about = { project: project.id, cause, from };
  const waiting = useCall('quarantineGroups', { ...about, state: 'waiting' }, { every: 3_000, keep: true });
  const replays = useCall('quarantineReplays', { project: project.id, limit: 100 }, { every: 2_000 });
  const group = waiting.data?.groups[0];
  const editor = mayAct(me, 'editor');
  const own = replays.data?.replays.filter(({ selection }) => selection.causes.includes(cause)) ?? [];
  useFreshItems(own);
  return (
    <Page
      title={group?.reason ?? 'Quarantine'}
      note={
        <span className="source-crumb">
          <Link to="/quarantine" search={carriedSearch}>
            <IconArrowLeft size={14} aria-hidden="true" /> All of quarantine
          </Link>
          {group ? ` · ${group.stage} · ${group.protocol} · ${nameOf(group.source)}` : null}
        </span>
      }
      tools={editor && group ? <Discard group={group} /> : null}
    >
      <div className="stack">
        <Answer query={waiting} height={120}>
          {() => (group ? <Facts group={group} now={now} /> : <Settled cause={cause} from={from} />)}
        </Answer>
        {group && editor ? <FixPanel key={cause} group={group} /> : null}
        {own.length === 0 ? null : (
          <Panel title="Replays" flush>
            <Replays replays={own} now={now} />
          </Panel>
        )}
        {editor ? (
          <Items cause={cause} now={now} nameOf={nameOf} />
        ) : (
          <Panel title="Items">
            <EmptyPanel title="The bytes are for editors">
              They hold what clients sent, whatever that is. Ask an administrator for the role of an editor.
            </EmptyPanel>
          </Panel>
        )}
      </div>
    </Page>
  );
}

/** What a replay has taken no longer waits: the list of items is asked for again as outcomes come in. */
function useFreshItems(replays: readonly QuarantineReplay[]) {
  const queries = useQueryClient();
  const settled = replays
    .flatMap(({ outcomes }) => Object.values(outcomes))
    .reduce((sum, count) => sum + count, 0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the change that counts
  useEffect(() => {
    void queries.invalidateQueries({ queryKey: ['quarantineItems'] });
  }, [settled, queries]);
}

function Settled({ cause, from }: { readonly cause: string; readonly from: number }) {
  const { me, project } = useSession();
  const queries = useQueryClient();
  const discarded = useCall('quarantineGroups', { project: project.id, cause, from, state: 'discarded' });
  const count = discarded.data?.groups[0]?.count ?? 0;
  const restore = useMutation({
    mutationFn: () => call('discardQuarantine', { project: project.id, causes: [cause], restore: true }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['quarantineGroups'] });
      await queries.invalidateQueries({ queryKey: ['quarantineItems'] });
    },
  });
  return (
    <Panel>
      {restore.error ? <Failure error={restore.error} /> : null}
      <EmptyPanel title="Nothing of this group waits">
        <p>It was replayed or discarded; below is what became of it.</p>
        {count > 0 && mayAct(me, 'editor') ? (
          <Button variant="default" mt={8} loading={restore.isPending} onClick={() => restore.mutate()}>
            Bring back {counted(count, 'discarded item', 'discarded items')}
          </Button>
        ) : null}
      </EmptyPanel>
    </Panel>
  );
}

function Facts({ group, now }: { readonly group: QuarantineGroup; readonly now: number }) {
  return (
    <Panel label="Group">
      <p className="quarantine-detail-text">{group.detail}</p>
      <dl className="quarantine-facts">
        <div>
          <dt>Waiting</dt>
          <dd>{full(group.count)}</dd>
        </div>
        <div>
          <dt>Share</dt>
          <dd>{percent(group.share)}</dd>
        </div>
        <div>
          <dt>First</dt>
          <dd>{ago(group.first, now)}</dd>
        </div>
        <div>
          <dt>Last</dt>
          <dd>{ago(group.last, now)}</dd>
        </div>
        <div>
          <dt>12 months</dt>
          <dd>
            <Sparkline hours={group.trend} unit="parts of the period" />
          </dd>
        </div>
      </dl>
    </Panel>
  );
}

/** Asks once more before it does it: the button turns into the question. */
function Discard({ group }: { readonly group: QuarantineGroup }) {
  const { project } = useSession();
  const queries = useQueryClient();
  const [sure, setSure] = useState(false);
  const discard = useMutation({
    mutationFn: () => call('discardQuarantine', { project: project.id, causes: [group.cause] }),
    onSuccess: async () => {
      setSure(false);
      await queries.invalidateQueries({ queryKey: ['quarantineGroups'] });
      await queries.invalidateQueries({ queryKey: ['quarantineItems'] });
    },
  });
  if (discard.error) return <Failure error={discard.error} />;
  return sure ? (
    <Button
      color="red"
      loading={discard.isPending}
      onClick={() => discard.mutate()}
      onBlur={() => setSure(false)}
    >
      Discard {counted(group.count, 'item', 'items')}?
    </Button>
  ) : (
    <Button variant="default" onClick={() => setSure(true)}>
      Discard
    </Button>
  );
}
