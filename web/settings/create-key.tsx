import { Button, Select, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Role } from '../../src/contract/endpoints.ts';
import { call } from '../call.ts';
import { Failure } from '../panel/failure.tsx';
import { useSession } from '../session/session.tsx';
import { roleOptions } from './roles.ts';
import { ShownOnce } from './shown-once.tsx';

export function CreateKeyForm({ onDone }: { readonly onDone: () => void }) {
  const { project } = useSession();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const create = useMutation({
    mutationFn: () => call('createKey', { project: project.id, name: name.trim(), role }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['listKeys'] }),
  });
  if (create.data) {
    return (
      <ShownOnce
        label="The API key"
        secret={create.data.secret}
        note="It is not shown again. Copy it now."
        onDone={onDone}
      />
    );
  }
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
          description="Where it will be used"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          maxLength={100}
          required
          data-autofocus
        />
        <Select
          label="Role"
          size="sm"
          data={roleOptions}
          value={role}
          onChange={(next) => next && setRole(next)}
        />
        {create.error ? <Failure error={create.error} /> : null}
        <Button type="submit" size="sm" loading={create.isPending} disabled={name.trim() === ''}>
          Create key
        </Button>
      </Stack>
    </form>
  );
}
