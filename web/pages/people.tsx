import { SegmentedControl, TextInput } from '@mantine/core';
import { useDebouncedValue, useInterval } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { Answer } from '../panel/answer.tsx';
import { EmptyPanel } from '../panel/empty.tsx';
import { Page } from '../panel/page.tsx';
import { Panel } from '../panel/panel.tsx';
import { HistoryList } from '../person/history-list.tsx';
import { PeopleTable } from '../person/people-table.tsx';
import '../person/person.css';
import { useCall } from '../query.ts';
import { useSession } from '../session/session.tsx';

const kinds = [
  { value: 'all', label: 'All' },
  { value: 'known', label: 'Known' },
  { value: 'anonymous', label: 'Anonymous' },
];
const shown = 50;

/** Everybody who was seen, by any id or by what is known of them. */
export function PeoplePage() {
  const { project } = useSession();
  const [text, setText] = useState('');
  const [search] = useDebouncedValue(text.trim(), 250);
  const [kind, setKind] = useState('all');
  const [now, setNow] = useState(() => Date.now());
  useInterval(() => setNow(Date.now()), 10_000, { autoInvoke: true });
  const people = useCall(
    'searchPeople',
    { project: project.id, search, kind: kind as 'all' | 'known' | 'anonymous', limit: shown },
    { keep: true, every: 30_000 },
  );
  const history = useCall('identityHistory', { project: project.id, who: 'operators', limit: 20 });
  return (
    <Page
      title="People"
      note="Who was seen last first; a person is all ids that belong together"
      tools={
        <>
          <TextInput
            className="people-search"
            leftSection={<IconSearch size={14} aria-hidden="true" />}
            placeholder="Id, e-mail, name, trait"
            aria-label="Search people"
            value={text}
            maxLength={320}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <SegmentedControl size="xs" data={kinds} value={kind} onChange={setKind} aria-label="Who" />
        </>
      }
    >
      <div className="stack">
        <Panel label="People" flush>
          <Answer query={people} height={420}>
            {({ people: found }) =>
              found.length === 0 ? (
                <Nobody searched={search !== '' || kind !== 'all'} />
              ) : (
                <>
                  <PeopleTable people={found} timezone={project.timezone} now={now} />
                  {found.length === shown ? (
                    <p className="panel-note people-more">The {shown} seen last. Search to find others.</p>
                  ) : null}
                </>
              )
            }
          </Answer>
        </Panel>
        {history.data && history.data.changes.length > 0 ? (
          <Panel title="Decided by hand" flush>
            <HistoryList changes={history.data.changes} timezone={project.timezone} />
          </Panel>
        ) : null}
      </div>
    </Page>
  );
}

function Nobody({ searched }: { searched: boolean }) {
  return searched ? (
    <EmptyPanel title="Nobody found">
      Try a part of a user id, an anonymous id, an e-mail address, or a word of a trait.
    </EmptyPanel>
  ) : (
    <EmptyPanel title="Nobody was seen yet">
      People appear with their first event. Set up a source, then call <code>identify</code> when somebody
      signs in.
    </EmptyPanel>
  );
}
