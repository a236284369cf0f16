import { Button, Modal, Select, Stack, TextInput } from '@mantine/core';
import { IconDownload, IconEraser } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Rearrival } from '../../src/contract/privacy-endpoints.ts';
import { call } from '../call.ts';
import { Failure } from '../panel/failure.tsx';
import { useCall } from '../query.ts';
import { mayAct, useSession } from '../session/session.tsx';
import { ErasureReport } from './erasures.tsx';
import './privacy.css';

const rearrivals: { value: Rearrival; label: string }[] = [
  { value: 'drop', label: 'is dropped' },
  { value: 'anew', label: 'is somebody new' },
];

/** Access and erasure of one person; for administrators only. `id`: what the person is called, to be typed before erasing. */
export function PersonActions({ person, id }: { readonly person: string; readonly id: string }) {
  const { me, project } = useSession();
  const [opened, setOpened] = useState(false);
  if (!mayAct(me, 'admin')) return null;
  const file = `/api/projects/${encodeURIComponent(project.id)}/person-export?person=${encodeURIComponent(`key:${person}`)}`;
  return (
    <>
      <Button component="a" href={file} download variant="default" leftSection={<IconDownload size={14} />}>
        Export
      </Button>
      <Button variant="default" leftSection={<IconEraser size={14} />} onClick={() => setOpened(true)}>
        Erase…
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title="Erase this person" size="lg">
        <EraseForm person={person} id={id} />
      </Modal>
    </>
  );
}

function EraseForm({ person, id }: { readonly person: string; readonly id: string }) {
  const { project } = useSession();
  const queries = useQueryClient();
  const [typed, setTyped] = useState('');
  const [rearrival, setRearrival] = useState<Rearrival>('drop');
  const erase = useMutation({
    mutationFn: () => call('startErasure', { project: project.id, person: `key:${person}`, rearrival }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['erasures'] }),
  });
  const started = erase.data?.id;
  const list = useCall('erasures', { project: project.id }, { every: 2_000, enabled: started !== undefined });
  if (erase.data)
    return <ErasureReport erasure={list.data?.erasures.find((one) => one.id === started) ?? erase.data} />;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        erase.mutate();
      }}
    >
      <Stack gap="sm">
        <p className="panel-note">
          Events, sessions, profile, ids, log lines, quarantine, models, the raw log and the archive:
          everything about this person is removed within minutes, and cannot be brought back. What others’
          events say about the person stays.
        </p>
        <Select
          label="What arrives again"
          data={rearrivals}
          value={rearrival}
          onChange={(next) => next && setRearrival(next)}
          allowDeselect={false}
        />
        <TextInput
          label={`To confirm, type ${id}`}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
          data-autofocus
        />
        {erase.error ? <Failure error={erase.error} /> : null}
        <Button type="submit" color="red" loading={erase.isPending} disabled={typed.trim() !== id}>
          Erase
        </Button>
      </Stack>
    </form>
  );
}
