import { Button, Group } from '@mantine/core';
import { IconArrowLeft, IconArrowMerge } from '@tabler/icons-react';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import type { PersonResult } from '../../src/contract/person-endpoints.ts';
import { carriedSearch } from '../address/search.ts';
import { Answer } from '../panel/answer.tsx';
import { EmptyPanel } from '../panel/empty.tsx';
import { Page } from '../panel/page.tsx';
import { Panel } from '../panel/panel.tsx';
import { HistoryList } from '../person/history-list.tsx';
import { IdsPanel } from '../person/ids-panel.tsx';
import { MergeDialog } from '../person/merge-dialog.tsx';
import { idText, kindName, personName } from '../person/names.ts';
import { Notice } from '../person/notice.tsx';
import { Figures, ProfilePanel } from '../person/profile-panel.tsx';
import { Timeline } from '../person/timeline.tsx';
import type { Told } from '../person/use-person-command.ts';
import '../person/person.css';
import { PersonActions } from '../privacy/person-actions.tsx';
import { useCall } from '../query.ts';
import { mayAct, useSession } from '../session/session.tsx';

/** Everything about one person: who it is, why, and what it did; with ways to change the first. */
export function PersonPage() {
  const { me, project } = useSession();
  const { person: key } = useParams({ from: '/inside/people/$person' });
  const [merging, setMerging] = useState<{ readonly with?: string | undefined }>();
  const [told, setTold] = useState<Told>();
  const person = useCall('person', { project: project.id, person: key });
  const { data } = person;
  return (
    <Page
      title={data ? personName(data) : 'Person'}
      note={
        <span className="source-crumb">
          <Link to="/people" search={carriedSearch}>
            <IconArrowLeft size={14} aria-hidden="true" /> All people
          </Link>
          {data ? ` · ${kindName(data.id)} ${idText(data.id)}` : null}
        </span>
      }
      tools={
        data && mayAct(me, 'editor') ? (
          <Group gap="xs">
            <PersonActions person={data.person} id={idText(data.id)} />
            <Button
              variant="default"
              leftSection={<IconArrowMerge size={14} />}
              onClick={() => setMerging({})}
            >
              Merge…
            </Button>
          </Group>
        ) : null
      }
    >
      <Answer query={person} height={560}>
        {(found) => (
          <div className="stack">
            {told ? <Notice told={told} /> : null}
            <Panel label="Figures">
              <Figures person={found} timezone={project.timezone} />
            </Panel>
            <Suggestions
              person={found}
              onMerge={mayAct(me, 'editor') ? (other) => setMerging({ with: other }) : undefined}
            />
            <div className="person-columns">
              <div className="stack">
                <IdsPanel key={found.person} person={found} onTold={setTold} />
                <Timeline person={found.person} />
              </div>
              <ProfilePanel person={found} timezone={project.timezone} />
            </div>
            <History person={found.person} />
            <MergeDialog
              person={found}
              opened={merging !== undefined}
              suggested={merging?.with}
              onClose={() => setMerging(undefined)}
              onDone={(done) => {
                setTold(done);
                setMerging(undefined);
              }}
            />
          </div>
        )}
      </Answer>
    </Page>
  );
}

interface SuggestionsProps {
  readonly person: PersonResult;
  readonly onMerge: ((other: string) => void) | undefined;
}

const why: Readonly<Record<string, string>> = {
  'e-mail address of another user': 'has the same e-mail address',
  'both are known users': 'was to be the same person, says an alias call',
};

/** Two known users are never joined by accident; here somebody can. */
function Suggestions({ person, onMerge }: SuggestionsProps) {
  if (person.suggestions.length === 0) return null;
  return (
    <Panel title="Perhaps the same person" flush>
      <ul className="identity-history">
        {person.suggestions.map((other) => (
          <li key={other.person} className="identity-change">
            <Link
              to="/people/$person"
              params={{ person: other.person }}
              search={carriedSearch}
              className="identity-id"
            >
              <span className="identity-kind">{kindName(other.id)}</span> {idText(other.id)}
            </Link>
            <span className="muted identity-why">{why[other.reason] ?? other.reason}</span>
            {onMerge ? (
              <Button size="compact-xs" variant="default" onClick={() => onMerge(other.person)}>
                Look at a merge
              </Button>
            ) : null}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function History({ person }: { readonly person: string }) {
  const { project } = useSession();
  const history = useCall('identityHistory', { project: project.id, person });
  return (
    <Panel title="History of the ids" flush>
      <Answer query={history} height={120}>
        {({ changes }) =>
          changes.length === 0 ? (
            <EmptyPanel title="Nothing happened yet">
              Every join, refusal, merge, undo and split of these ids will stand here.
            </EmptyPanel>
          ) : (
            <HistoryList changes={changes} timezone={project.timezone} />
          )
        }
      </Answer>
    </Panel>
  );
}
