import { Button, Modal, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../call.ts';
import { Failure } from '../panel/failure.tsx';
import { TimezoneSelect } from '../settings/timezone-select.tsx';

interface CreateProjectProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly onCreated: (id: string) => void;
}

export function CreateProjectDialog({ opened, onClose, onCreated }: CreateProjectProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="New project">
      <CreateProjectForm
        onCreated={(id) => {
          onClose();
          onCreated(id);
        }}
      />
    </Modal>
  );
}

export function CreateProjectForm({ onCreated }: { onCreated: (id: string) => void }) {
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [timezone, setTimezone] = useState(() => Intl.DateTimeFormat().resolvedOptions().timeZone);
  const create = useMutation({
    mutationFn: () => call('createProject', { name: name.trim(), timezone }),
    onSuccess: async ({ project }) => {
      await queries.invalidateQueries({ queryKey: ['listProjects'] });
      onCreated(project.id);
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate();
      }}
    >
      <Stack gap="sm">
        <TextInput
          label="Name"
          placeholder="Web app, staging, …"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          required
          maxLength={100}
          data-autofocus
        />
        <TimezoneSelect value={timezone} onChange={setTimezone} />
        {create.error ? <Failure error={create.error} /> : null}
        <Button type="submit" size="sm" loading={create.isPending} disabled={name.trim() === ''}>
          Create project
        </Button>
      </Stack>
    </form>
  );
}
