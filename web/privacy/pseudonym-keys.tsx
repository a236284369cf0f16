import { Button, Group } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../call.ts';
import { moment } from '../format/time.ts';
import { Failure } from '../panel/failure.tsx';
import { useCall } from '../query.ts';
import { useSession } from '../session/session.tsx';

/** The key in use, and a new one: ids get other pseudonyms then. */
export function PseudonymKeys() {
  const { project } = useSession();
  const queries = useQueryClient();
  const [sure, setSure] = useState(false);
  const { data } = useCall('pseudonymKeys', { project: project.id });
  const rotate = useMutation({
    mutationFn: () => call('rotatePseudonymKey', { project: project.id }),
    onSuccess: async () => {
      setSure(false);
      await queries.invalidateQueries({ queryKey: ['pseudonymKeys'] });
    },
  });
  const current = data?.keys.at(-1);
  if (!current) return null;
  return (
    <Group gap="sm">
      <span className="panel-note">
        Pseudonyms begin with ps{current.id}_: the key of {moment(current.createdAt, project.timezone)}.
      </span>
      {sure ? (
        <>
          <Button size="compact-sm" color="red" loading={rotate.isPending} onClick={() => rotate.mutate()}>
            Take a new key: known people look new
          </Button>
          <Button size="compact-sm" variant="default" onClick={() => setSure(false)}>
            Cancel
          </Button>
        </>
      ) : (
        <Button size="compact-sm" variant="default" onClick={() => setSure(true)}>
          New key…
        </Button>
      )}
      {rotate.error ? <Failure error={rotate.error} /> : null}
    </Group>
  );
}
