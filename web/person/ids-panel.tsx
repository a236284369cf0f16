import { Button, Checkbox, Modal, Textarea } from '@mantine/core';
import { IconArrowBackUp, IconCut } from '@tabler/icons-react';
import { useState } from 'react';
import type { PersonIdFacts, PersonResult } from '../../src/contract/person-endpoints.ts';
import { call } from '../call.ts';
import { counted } from '../format/number.ts';
import { moment } from '../format/time.ts';
import { Failure } from '../panel/failure.tsx';
import { Panel } from '../panel/panel.tsx';
import { mayAct, useSession } from '../session/session.tsx';
import { idText, kindName, reasonText, spanText } from './names.ts';
import { type Told, usePersonCommand } from './use-person-command.ts';

type Asked =
  | { readonly kind: 'undo'; readonly id: PersonIdFacts }
  | { readonly kind: 'split'; readonly ids: readonly PersonIdFacts[] };

interface IdsPanelProps {
  readonly person: PersonResult;
  readonly onTold: (told: Told) => void;
}

/** The ids of a person as the tree that they are: each below the one it was joined to, with the way back. */
export function IdsPanel({ person, onTold }: IdsPanelProps) {
  const { me, project } = useSession();
  const [selected, setSelected] = useState<readonly string[]>([]);
  const [asked, setAsked] = useState<Asked>();
  const may = mayAct(me, 'editor');
  const command = usePersonCommand(
    ({ what, note }: { readonly what: Asked; readonly note: string }) => {
      const input = { project: project.id, person: person.person, note };
      return what.kind === 'undo'
        ? call('undoEdge', { ...input, alias: bare(what.id) })
        : call('splitPerson', { ...input, ids: what.ids.map(bare) });
    },
    (told) => {
      setAsked(undefined);
      setSelected([]);
      onTold(told);
    },
  );
  const chosen = person.known.filter(({ key }) => selected.includes(key));
  const toggle = (key: string): void =>
    setSelected(selected.includes(key) ? selected.filter((one) => one !== key) : [...selected, key]);
  return (
    <Panel
      title="Ids"
      tools={
        may && person.known.length > 1 ? (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconCut size={14} />}
            disabled={chosen.length === 0 || chosen.length >= person.known.length}
            onClick={() => setAsked({ kind: 'split', ids: chosen })}
          >
            {chosen.length === 0 ? 'Select ids to split off' : `Split off ${chosen.length}`}
          </Button>
        ) : undefined
      }
      flush
    >
      <ul className="identity-tree">
        {treeOf(person.known).map(({ id, depth }) => (
          <li
            key={id.key}
            className="identity-node"
            style={{ '--depth': Math.min(depth, 6) } as React.CSSProperties}
            data-testid="person-id"
          >
            {may && person.known.length > 1 ? (
              <Checkbox
                size="xs"
                checked={selected.includes(id.key)}
                onChange={() => toggle(id.key)}
                aria-label={`Select ${id.id}`}
              />
            ) : null}
            <div className="identity-facts">
              <div className="identity-name">
                <span className="identity-kind">{kindName(id)}</span>
                <span className="mono identity-text" title={id.id}>
                  {idText(id)}
                </span>
              </div>
              <p className="panel-note">{factsOf(id, project.timezone)}</p>
            </div>
            {may && id.joined ? (
              <Button
                size="compact-xs"
                variant="default"
                leftSection={<IconArrowBackUp size={13} />}
                onClick={() => setAsked({ kind: 'undo', id })}
                aria-label={`Undo ${id.id}`}
              >
                Undo
              </Button>
            ) : null}
          </li>
        ))}
      </ul>
      {person.ids > person.known.length ? (
        <p className="panel-note people-more">
          The first {person.known.length} of {person.ids} ids.
        </p>
      ) : null}
      <Modal
        opened={asked !== undefined}
        onClose={() => setAsked(undefined)}
        title={asked?.kind === 'undo' ? 'Undo this join' : 'Split off'}
        size="md"
      >
        {asked ? (
          <Confirm
            asked={asked}
            pending={command.isPending}
            error={command.error}
            onGive={(note) => command.mutate({ what: asked, note })}
          />
        ) : null}
      </Modal>
    </Panel>
  );
}

interface ConfirmProps {
  readonly asked: Asked;
  readonly pending: boolean;
  readonly error: Error | null;
  readonly onGive: (note: string) => void;
}

function Confirm({ asked, pending, error, onGive }: ConfirmProps) {
  const [note, setNote] = useState('');
  const ids = asked.kind === 'undo' ? [asked.id] : asked.ids;
  return (
    <div className="stack">
      <p>
        {asked.kind === 'undo'
          ? `“${idText(asked.id)}” becomes a person of its own again, with everything that hangs on it. Both look as if they had never been joined.`
          : `${ids.length === 1 ? 'This id becomes' : 'These ids become'} ${ids.length === 1 ? 'a person' : 'persons'} of ${ids.length === 1 ? 'its' : 'their'} own. What hangs on ${ids.length === 1 ? 'it' : 'them'} stays.`}
      </p>
      <ul className="identity-chosen">
        {ids.map((id) => (
          <li key={id.key}>
            <span className="identity-kind">{kindName(id)}</span> <span className="mono">{idText(id)}</span>
            <span className="muted"> · {counted(id.events, 'event', 'events')}</span>
          </li>
        ))}
      </ul>
      <p className="panel-note">No event of a client joins them again; you can, with a merge.</p>
      <Textarea
        label="Why"
        description="Kept in the history"
        value={note}
        maxLength={1_000}
        autosize
        minRows={2}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      {error ? <Failure error={error} /> : null}
      <Button onClick={() => onGive(note)} loading={pending} color="red">
        {asked.kind === 'undo' ? 'Undo' : 'Split off'}
      </Button>
      {pending ? (
        <p className="panel-note" role="status">
          Waiting for the pipeline to apply it…
        </p>
      ) : null}
    </div>
  );
}

function bare({ kind, id }: PersonIdFacts) {
  return { kind, id };
}

function factsOf(id: PersonIdFacts, timezone: string): string {
  const joined = id.joined
    ? `joined to ${idText(id.joined.to)} on ${moment(id.joined.at, timezone)}: ${id.joined.by ? `${reasonText(id.joined.reason)} (${id.joined.by.name})` : reasonText(id.joined.reason)}`
    : 'names the person';
  const seen =
    id.firstEvent === null || id.lastEvent === null
      ? 'no events'
      : `${counted(id.events, 'event', 'events')}, ${spanText(id.firstEvent, id.lastEvent, timezone)}`;
  return `${joined} · ${seen}`;
}

interface Node {
  readonly id: PersonIdFacts;
  readonly depth: number;
}

/** Each id below the one it was joined to. */
function treeOf(ids: readonly PersonIdFacts[]): Node[] {
  const keyOf = (id: { kind: string; id: string }): string => `${id.kind} ${id.id}`;
  const known = new Set(ids.map(keyOf));
  const nodes: Node[] = [];
  const add = (id: PersonIdFacts, depth: number): void => {
    nodes.push({ id, depth });
    for (const child of ids) if (child.joined && keyOf(child.joined.to) === keyOf(id)) add(child, depth + 1);
  };
  for (const id of ids) if (!id.joined || !known.has(keyOf(id.joined.to))) add(id, 0);
  return nodes;
}
