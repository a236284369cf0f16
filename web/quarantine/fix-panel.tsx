import { Button, SegmentedControl, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { QuarantineFix, QuarantineGroup } from '../../src/contract/quarantine-endpoints.ts';
import { call } from '../call.ts';
import { counted } from '../format/number.ts';
import { Failure } from '../panel/failure.tsx';
import { Panel } from '../panel/panel.tsx';
import { useCall } from '../query.ts';
import { useSession } from '../session/session.tsx';
import { MappingEditor } from '../webhooks/mapping-editor.tsx';
import { DryRunResults } from './dry-run-results.tsx';
import { type DryRunRequest, useDryRun } from './use-dry-run.ts';

const pause = 500;
const firstLook = 10;
const ways = [
  { value: 'transform', label: 'Transform it' },
  { value: 'again', label: 'Try it as it is' },
];

/** A fix for all of a group: written, tried on the newest, tried on all, and carried out. */
export function FixPanel({ group }: { readonly group: QuarantineGroup }) {
  const { project } = useSession();
  const queries = useQueryClient();
  const [way, setWay] = useState('transform');
  const [text, setText] = useState('');
  const [name, setName] = useState('');
  const [all, setAll] = useState<string | null>();
  const [settled] = useDebouncedValue(text.trim(), pause);
  const fixes = useCall('quarantineFixes', { project: project.id });
  const transform = way === 'again' ? null : settled;
  const about = { project: project.id, causes: [group.cause] };
  const ready = transform === null || transform !== '';
  const isAll = all !== undefined && all === transform;
  const request: DryRunRequest | undefined = ready
    ? { ...about, transform, ...(isAll ? undefined : { limit: firstLook }) }
    : undefined;
  const run = useDryRun(request);
  const replay = useMutation({
    mutationFn: () => call('startReplay', { ...about, transform, name }),
    onSuccess: async () => {
      notifications.show({ message: 'The replay has begun; see what becomes of it below' });
      await queries.invalidateQueries({ queryKey: ['quarantineReplays'] });
      await queries.invalidateQueries({ queryKey: ['quarantineFixes'] });
    },
  });
  const use = (fix: QuarantineFix) => {
    setWay('transform');
    setText(fix.transform ?? '');
    setName(fix.name);
  };
  const items = counted(group.count, 'item', 'items');
  return (
    <Panel
      title="Fix"
      flush
      tools={
        <SegmentedControl size="xs" aria-label="Kind of fix" data={ways} value={way} onChange={setWay} />
      }
    >
      <KnownFixes fixes={fixes.data?.fixes ?? []} cause={group.cause} onUse={use} />
      <div className="webhook-mapping">
        <div>
          {way === 'again' ? (
            <p className="webhook-empty">
              Sends the items through the pipeline unchanged: for after a schema, a mapping or the program was
              changed. The dry run says whether that is so.
            </p>
          ) : (
            <>
              <p className="panel-note webhook-hint">
                JSONata that makes of each item the item as it should have been. A whole request is given as{' '}
                <code>{'{method, path, query, headers, body}'}</code>; what the answer leaves out stays.
              </p>
              <MappingEditor
                value={text}
                onChange={setText}
                editable
                label="Fix"
                placeholder={'$merge([$, { "type": "track" }])'}
              />
            </>
          )}
          {replay.error ? <Failure error={replay.error} /> : null}
          <div className="builder-foot quarantine-foot">
            {way === 'again' ? null : (
              <TextInput
                size="xs"
                aria-label="Name of the fix"
                placeholder="Name, to use it again"
                maxLength={100}
                value={name}
                onChange={(change) => setName(change.currentTarget.value)}
              />
            )}
            <Button variant="default" disabled={!ready || isAll} onClick={() => setAll(transform)}>
              Dry run on {items}
            </Button>
            <Button disabled={!ready} loading={replay.isPending} onClick={() => replay.mutate()}>
              Replay {items}
            </Button>
          </div>
        </div>
        <div>
          {run.error ? <Failure error={run.error} /> : null}
          {run.result ? (
            <DryRunResults result={run.result} />
          ) : run.error ? null : (
            <p className="webhook-empty">Write a fix, and see here what it makes of the newest items.</p>
          )}
        </div>
      </div>
    </Panel>
  );
}

interface KnownFixesProps {
  readonly fixes: readonly QuarantineFix[];
  readonly cause: string;
  readonly onUse: (fix: QuarantineFix) => void;
}

/** Fixes that were used before, those of this group first. */
function KnownFixes({ fixes, cause, onUse }: KnownFixesProps) {
  if (fixes.length === 0) return null;
  const own = (fix: QuarantineFix): number => (fix.causes.includes(cause) ? 0 : 1);
  return (
    <div className="known-fixes">
      <span className="panel-note">Used before:</span>
      {fixes
        .toSorted((a, b) => own(a) - own(b))
        .slice(0, 8)
        .map((fix) => (
          <Button
            key={fix.id}
            size="compact-xs"
            variant={own(fix) === 0 ? 'light' : 'default'}
            title={`by ${fix.by}`}
            onClick={() => onUse(fix)}
          >
            {fix.name}
          </Button>
        ))}
    </div>
  );
}
