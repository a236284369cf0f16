import { Button, Modal, Textarea, TextInput, UnstyledButton } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconArrowRight } from '@tabler/icons-react';
import { useState } from 'react';
import type { MergePreview, PersonResult } from '../../src/contract/person-endpoints.ts';
import { call } from '../call.ts';
import { counted } from '../format/number.ts';
import { Answer } from '../panel/answer.tsx';
import { Failure } from '../panel/failure.tsx';
import { useCall } from '../query.ts';
import { useSession } from '../session/session.tsx';
import { kindName, moneyText, personName, spanText } from './names.ts';
import { type Told, usePersonCommand } from './use-person-command.ts';

interface MergeDialogProps {
  readonly person: PersonResult;
  readonly opened: boolean;
  /** Somebody to begin with. */
  readonly suggested?: string | undefined;
  readonly onClose: () => void;
  readonly onDone: (told: Told) => void;
}

/** Finds another person, shows what a merge would move, and merges. */
export function MergeDialog({ person, opened, suggested, onClose, onDone }: MergeDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="Merge with another person" size="lg">
      <Chooser key={suggested ?? ''} person={person} suggested={suggested} onDone={onDone} />
    </Modal>
  );
}

function Chooser({ person, suggested, onDone }: Pick<MergeDialogProps, 'person' | 'suggested' | 'onDone'>) {
  const [other, setOther] = useState(suggested);
  if (other !== undefined)
    return <Preview person={person} other={other} onBack={() => setOther(undefined)} onDone={onDone} />;
  return <Search person={person} onChoose={setOther} />;
}

function Search({
  person,
  onChoose,
}: {
  readonly person: PersonResult;
  readonly onChoose: (key: string) => void;
}) {
  const { project } = useSession();
  const [text, setText] = useState('');
  const [search] = useDebouncedValue(text.trim(), 250);
  const people = useCall('searchPeople', { project: project.id, search, limit: 12 }, { keep: true });
  return (
    <div className="stack">
      <TextInput
        label="Who else is this?"
        placeholder="Id, e-mail, name, trait"
        value={text}
        maxLength={320}
        data-autofocus
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Answer query={people} height={240}>
        {({ people: found }) => (
          <ul className="merge-candidates">
            {found
              .filter((one) => one.person !== person.person)
              .map((one) => (
                <li key={one.person}>
                  <UnstyledButton className="merge-candidate" onClick={() => onChoose(one.person)}>
                    <span className="quarantine-reason">{personName(one)}</span>
                    <span className="muted">
                      {one.userId === ''
                        ? counted(one.ids, 'id', 'ids')
                        : `${one.userId} · ${counted(one.ids, 'id', 'ids')}`}
                    </span>
                  </UnstyledButton>
                </li>
              ))}
          </ul>
        )}
      </Answer>
    </div>
  );
}

interface PreviewProps {
  readonly person: PersonResult;
  readonly other: string;
  readonly onBack: () => void;
  readonly onDone: (told: Told) => void;
}

function Preview({ person, other, onBack, onDone }: PreviewProps) {
  const { project } = useSession();
  const [note, setNote] = useState('');
  const preview = useCall('previewMerge', { project: project.id, person: other, into: person.person });
  const command = usePersonCommand(
    () => call('mergePersons', { project: project.id, person: other, into: person.person, note }),
    onDone,
  );
  return (
    <Answer query={preview} height={280}>
      {(data) => (
        <div className="stack">
          <div className="merge-sides">
            <Side side={data.from} timezone={project.timezone} label="Moves" />
            <IconArrowRight size={18} stroke={1.6} aria-hidden="true" className="muted" />
            <Side side={data.into} timezone={project.timezone} label="Stays" />
          </div>
          <p data-testid="merge-preview">{summaryOf(data, project.timezone)}</p>
          {data.conflicts.length === 0 ? null : <Conflicts preview={data} />}
          <Textarea
            label="Why"
            description="Kept in the history"
            value={note}
            maxLength={1_000}
            autosize
            minRows={2}
            onChange={(event) => setNote(event.currentTarget.value)}
          />
          <p className="panel-note">
            Nothing is rewritten. The merge can be undone at any time, on this page.
          </p>
          {command.error ? <Failure error={command.error} /> : null}
          <div className="merge-buttons">
            <Button variant="default" onClick={onBack} disabled={command.isPending}>
              Choose somebody else
            </Button>
            <Button onClick={() => command.mutate(undefined)} loading={command.isPending}>
              Merge
            </Button>
          </div>
          {command.isPending ? (
            <p className="panel-note" role="status">
              Waiting for the pipeline to apply it…
            </p>
          ) : null}
        </div>
      )}
    </Answer>
  );
}

function summaryOf({ from, firstSeen, lastSeen }: MergePreview, timezone: string): string {
  const money = moneyText(from.revenue);
  const moved = [
    counted(from.sessions, 'session', 'sessions'),
    ...(money === '' ? [] : [money]),
    counted(from.events, 'event', 'events'),
  ];
  return `This merge moves ${moved.slice(0, -1).join(', ')} and ${moved.at(-1)}. Together they were seen ${spanText(firstSeen, lastSeen, timezone)}.`;
}

function Side({
  side,
  timezone,
  label,
}: {
  readonly side: MergePreview['from'];
  readonly timezone: string;
  readonly label: string;
}) {
  return (
    <section className="merge-side" aria-label={label}>
      <p className="panel-note">{label}</p>
      <p className="quarantine-reason">{side.name || side.id.id}</p>
      <p className="muted">
        {kindName(side.id)} · {counted(side.ids, 'id', 'ids')} · {counted(side.events, 'event', 'events')}
      </p>
      <p className="muted">
        {side.firstSeen === 0 ? 'never seen' : spanText(side.firstSeen, side.lastSeen, timezone)}
      </p>
    </section>
  );
}

function Conflicts({ preview }: { readonly preview: MergePreview }) {
  return (
    <div className="table-scroll">
      <table className="data" aria-label="Traits that differ">
        <thead>
          <tr>
            <th scope="col">Both have</th>
            <th scope="col">{preview.from.name || 'moves'}</th>
            <th scope="col">{preview.into.name || 'stays'}</th>
          </tr>
        </thead>
        <tbody>
          {preview.conflicts.map(({ trait, from, into }) => (
            <tr key={trait}>
              <td>{trait}</td>
              <td className="mono">{JSON.stringify(from)}</td>
              <td className="mono">{JSON.stringify(into)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="panel-note people-more">
        The value that was set later shows; an undo gives each its own back.
      </p>
    </div>
  );
}
