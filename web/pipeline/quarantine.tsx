import { UnstyledButton } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import { useState } from 'react';
import type { PipelineResult } from '../../src/contract/result.ts';
import { ago } from '../format/duration.ts';
import { counted } from '../format/number.ts';
import { CopyButton } from '../snippet/copy-button.tsx';

type Group = PipelineResult['quarantine'][number];

/** What could not be processed, by reason; kept with its original bytes. */
export function Quarantine({ groups, now }: { groups: readonly Group[]; now: number }) {
  return (
    <ul className="quarantine">
      {groups.map((group) => (
        <li key={`${group.stage} ${group.reason} ${group.protocol}`}>
          <QuarantineGroup group={group} now={now} />
        </li>
      ))}
    </ul>
  );
}

function QuarantineGroup({ group, now }: { group: Group; now: number }) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <UnstyledButton className="quarantine-row" aria-expanded={opened} onClick={() => setOpened(!opened)}>
        <IconChevronRight size={14} stroke={1.8} className="live-chevron" aria-hidden="true" />
        <span className="quarantine-reason">{group.reason}</span>
        <span className="muted">
          {group.stage} · {group.protocol}
        </span>
        <span className="quarantine-count">{counted(group.count, 'item', 'items')}</span>
        <span className="muted">{ago(group.last, now)}</span>
      </UnstyledButton>
      {opened ? (
        <div className="quarantine-detail">
          <div className="snippet-head">
            <span className="panel-note">{group.detail}</span>
            <CopyButton text={group.sample} />
          </div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
          <pre className="code" tabIndex={0}>
            {group.sample}
          </pre>
        </div>
      ) : null}
    </>
  );
}
