import { Button, Select, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Key, Role } from '../../src/contract/endpoints.ts';
import { call } from '../call.ts';
import { Failure } from '../panel/failure.tsx';
import { useSession } from '../session/session.tsx';
import { roleOptions } from './roles.ts';
import { ShownOnce } from './shown-once.tsx';

interface CreateKeyProps {
  readonly kind: Key['kind'];
  readonly onDone: () => void;
}

export function CreateKeyForm({ kind, onDone }: CreateKeyProps) {
  const { project } = useSession();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const create = useMutation({
    mutationFn: () =>
      call('createKey', {
        project: project.id,
        kind,
        name: name.trim(),
        ...(kind === 'api' ? { role } : {}),
      }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['listKeys'] }),
  });
  if (create.data) {
    return (
      <ShownOnce
        label={kind === 'api' ? 'The API key' : 'The write key'}
        secret={create.data.secret}
        note={kind === 'api' ? 'It is not shown again. Copy it now.' : 'It stays visible in this list.'}
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
        {kind === 'api' ? (
          <Select
            label="Role"
            size="sm"
            data={roleOptions}
            value={role}
            onChange={(next) => next && setRole(next)}
          />
        ) : null}
        {create.error ? <Failure error={create.error} /> : null}
        <Button type="submit" size="sm" loading={create.isPending} disabled={name.trim() === ''}>
          Create key
        </Button>
      </Stack>
    </form>
  );
}
