import { SegmentedControl, Select } from '@mantine/core';
import { useInterval } from '@mantine/hooks';
import { useState } from 'react';
import type { QuarantineState } from '../../src/contract/quarantine-endpoints.ts';
import { counted } from '../format/number.ts';
import { Answer } from '../panel/answer.tsx';
import { EmptyPanel } from '../panel/empty.tsx';
import { Page } from '../panel/page.tsx';
import { Panel } from '../panel/panel.tsx';
import { GroupTable } from '../quarantine/group-table.tsx';
import { periods, since } from '../quarantine/period.ts';
import { Replays } from '../quarantine/replays.tsx';
import { useSourceNames } from '../quarantine/source-names.ts';
import { useCall } from '../query.ts';
import { useSession } from '../session/session.tsx';
import '../quarantine/quarantine.css';

const states = [
  { value: 'waiting', label: 'Waiting' },
  { value: 'replayed', label: 'Replayed' },
  { value: 'discarded', label: 'Discarded' },
] as const satisfies readonly { value: QuarantineState; label: string }[];

const nothing: Readonly<Record<QuarantineState, readonly [title: string, text: string]>> = {
  waiting: [
    'Nothing waits in quarantine',
    'What cannot be decoded, enriched or stored is kept here with its original bytes, grouped by cause: look at it, write a fix, and send it through the pipeline again.',
  ],
  replayed: [
    'Nothing was replayed',
    'What is sent again from a group is listed here with what became of it.',
  ],
  discarded: [
    'Nothing was discarded',
    'What you discard stays here until its retention ends, and can be brought back.',
  ],
};

/** What failed, by cause. */
export function QuarantinePage() {
  const { project } = useSession();
  const [now, setNow] = useState(() => Date.now());
  useInterval(() => setNow(Date.now()), 1_000, { autoInvoke: true });
  const [period, setPeriod] = useState('30');
  const [state, setState] = useState<QuarantineState>('waiting');
  const [source, setSource] = useState<string | null>(null);
  const [reason, setReason] = useState<string | null>(null);
  const nameOf = useSourceNames();
  const groups = useCall(
    'quarantineGroups',
    {
      project: project.id,
      state,
      from: since(period, now),
      source: source ?? undefined,
      reason: reason ?? undefined,
    },
    { every: 10_000, keep: true },
  );
  const replays = useCall('quarantineReplays', { project: project.id, limit: 10 }, { every: 3_000 });
  const filtered = source !== null || reason !== null;
  return (
    <Page
      title="Quarantine"
      note="What could not be processed, by cause; nothing of it is lost"
      tools={
        <Select
          aria-label="Period"
          w={136}
          data={periods}
          value={period}
          onChange={(next) => next !== null && setPeriod(next)}
        />
      }
    >
      <div className="stack">
        <Panel label="Groups" flush>
          <div className="quarantine-tools">
            <SegmentedControl
              size="xs"
              aria-label="State"
              data={[...states]}
              value={state}
              onChange={(next) => setState(next as QuarantineState)}
            />
            <Select
              size="xs"
              aria-label="Source"
              placeholder="All sources"
              clearable
              data={(groups.data?.sources ?? []).map((id) => ({
                value: id === '' ? '-' : id,
                label: nameOf(id),
              }))}
              value={source === '' ? '-' : source}
              onChange={(next) => setSource(next === '-' ? '' : next)}
            />
            <Select
              size="xs"
              aria-label="Reason"
              placeholder="All reasons"
              clearable
              searchable
              data={groups.data?.reasons ?? []}
              value={reason}
              onChange={setReason}
            />
            {groups.data && groups.data.total > 0 ? (
              <span className="panel-note quarantine-total">
                {counted(groups.data.total, 'item', 'items')}
              </span>
            ) : null}
          </div>
          <Answer query={groups} height={320}>
            {(data) =>
              data.groups.length > 0 ? (
                <GroupTable groups={data.groups} nameOf={nameOf} now={now} />
              ) : (
                <EmptyPanel title={filtered ? 'No item is like that' : nothing[state][0]}>
                  {filtered ? 'Choose another source, reason or period.' : nothing[state][1]}
                </EmptyPanel>
              )
            }
          </Answer>
        </Panel>
        {replays.data && replays.data.replays.length > 0 ? (
          <Panel title="Replays" flush>
            <Replays replays={replays.data.replays} now={now} />
          </Panel>
        ) : null}
      </div>
    </Page>
  );
}
