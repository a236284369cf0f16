import { Button, Modal, Select, Stack, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconRefresh } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Source } from '../../src/contract/source.ts';
import { carriedSearch } from '../address/search.ts';
import { call } from '../call.ts';
import { moment } from '../format/time.ts';
import { Failure } from '../panel/failure.tsx';
import { useSession } from '../session/session.tsx';
import { KeyText } from './key-text.tsx';

interface SourceKeyProps {
  readonly source: Source;
  readonly editable: boolean;
}

/** The key, those before it that still work, and how to change or end it. */
export function SourceKey({ source, editable }: SourceKeyProps) {
  const { project } = useSession();
  const [rotating, rotation] = useDisclosure(false);
  const [revoking, revocation] = useDisclosure(false);
  return (
    <Stack gap="sm">
      <KeyText value={source.key} label="key" />
      {source.previous.map(({ key, validUntil }) => (
        <div key={key}>
          <p className="panel-note">Works until {moment(validUntil, project.timezone)}</p>
          <KeyText value={key} label="former key" />
        </div>
      ))}
      <p className="panel-note">
        {source.door === 'tracker' ? 'It sits in pages and apps; it' : 'It'} can send events and nothing else.
      </p>
      {editable ? (
        <div className="page-tools">
          <Button variant="default" leftSection={<IconRefresh size={14} />} onClick={rotation.open}>
            Rotate…
          </Button>
          <Button variant="subtle" color="red" onClick={revocation.open}>
            Revoke…
          </Button>
        </div>
      ) : null}
      <Modal opened={rotating} onClose={rotation.close} title={`Rotate the key of ${source.name}`}>
        <Rotate source={source} onDone={rotation.close} />
      </Modal>
      <Modal opened={revoking} onClose={revocation.close} title={`Revoke ${source.name}?`}>
        <Revoke source={source} />
      </Modal>
    </Stack>
  );
}

const graces = [
  { value: '0', label: 'Not at all: it has leaked' },
  { value: '1', label: '1 hour' },
  { value: '24', label: '1 day' },
  { value: '168', label: '1 week' },
  { value: '720', label: '30 days' },
  { value: '8760', label: '1 year: apps that are updated slowly' },
];

function Rotate({ source, onDone }: { readonly source: Source; readonly onDone: () => void }) {
  const queries = useQueryClient();
  const [grace, setGrace] = useState('24');
  const [key, setKey] = useState('');
  const rotate = useMutation({
    mutationFn: () =>
      call('rotateSource', {
        project: source.project,
        source: source.id,
        keepHours: Number(grace),
        ...(key.trim() === '' ? {} : { key: key.trim() }),
      }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['listSources'] });
      onDone();
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        rotate.mutate();
      }}
    >
      <Stack gap="sm">
        <p>The source gets another key. Its limits, history and id stay.</p>
        {source.door === 'email' ? (
          <p>Links in e-mails that were sent already stop working when the old key does.</p>
        ) : null}
        <Select
          label="How long the old key still works"
          size="sm"
          data={graces}
          value={grace}
          onChange={(next) => next !== null && setGrace(next)}
        />
        <TextInput
          label="New key"
          description="Left empty, one is made."
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
          maxLength={200}
          autoComplete="off"
          spellCheck={false}
        />
        {rotate.error ? <Failure error={rotate.error} /> : null}
        <div>
          <Button type="submit" size="sm" loading={rotate.isPending}>
            Rotate the key
          </Button>
        </div>
      </Stack>
    </form>
  );
}

function Revoke({ source }: { readonly source: Source }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const revoke = useMutation({
    mutationFn: () => call('revokeSource', { project: source.project, source: source.id }),
    onSuccess: async () => {
      await navigate({ to: '/sources', search: carriedSearch });
      await queries.invalidateQueries({ queryKey: ['listSources'] });
    },
  });
  return (
    <div className="stack">
      <p>
        Its keys stop working at once and what is sent with them is refused. The events it has sent stay.
        There is no way back, but a new source may have the same key.
      </p>
      {revoke.error ? <Failure error={revoke.error} /> : null}
      <Button size="sm" color="red" loading={revoke.isPending} onClick={() => revoke.mutate()}>
        Revoke the source
      </Button>
    </div>
  );
}
