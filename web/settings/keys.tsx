import { Button, Modal } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Key } from '../../src/contract/endpoints.ts';
import { call } from '../call.ts';
import { ago } from '../format/duration.ts';
import { dayName } from '../format/time.ts';
import { Answer } from '../panel/answer.tsx';
import { EmptyPanel } from '../panel/empty.tsx';
import { Failure } from '../panel/failure.tsx';
import { Panel } from '../panel/panel.tsx';
import { useCall } from '../query.ts';
import { mayAct, useSession } from '../session/session.tsx';
import { CreateKeyForm } from './create-key.tsx';

/** Keys of the API; write keys are sources. */
export function Keys() {
  const { me, project } = useSession();
  const keys = useCall('listKeys', { project: project.id });
  const admin = mayAct(me, 'admin');
  const [opened, dialog] = useDisclosure(false);
  return (
    <Panel
      title="API keys"
      flush
      tools={
        admin ? (
          <Button variant="default" leftSection={<IconPlus size={14} />} onClick={dialog.open}>
            New API key
          </Button>
        ) : null
      }
    >
      <p className="panel-note panel-lead">
        Read and change this project over the API with their role. Shown once. What sends events has a write
        key, under Sources.
      </p>
      <Answer query={keys} height={96}>
        {(data) => <KeyTable keys={data.keys} admin={admin} />}
      </Answer>
      <Modal opened={opened} onClose={dialog.close} title="New API key">
        <CreateKeyForm onDone={dialog.close} />
      </Modal>
    </Panel>
  );
}

function KeyTable({ keys, admin }: { keys: readonly Key[]; admin: boolean }) {
  const { project } = useSession();
  const [leaving, setLeaving] = useState<Key>();
  if (keys.length === 0) return <EmptyPanel title="None yet" />;
  return (
    <div className="table-scroll">
      <table className="data">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Key</th>
            <th scope="col">Role</th>
            <th scope="col">Created</th>
            <th scope="col">Last used</th>
            <th scope="col" aria-label="Actions" />
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <tr key={key.id}>
              <td>{key.name}</td>
              <td className="mono">{key.shown}</td>
              <td>{key.role}</td>
              <td>{dayName(key.createdAt, project.timezone)}</td>
              <td>{key.lastUsedAt === null ? 'never' : ago(key.lastUsedAt, Date.now())}</td>
              <td className="number">
                {admin ? (
                  <Button
                    variant="subtle"
                    color="red"
                    onClick={() => setLeaving(key)}
                    aria-label={`Revoke ${key.name}`}
                  >
                    Revoke
                  </Button>
                ) : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Modal
        opened={leaving !== undefined}
        onClose={() => setLeaving(undefined)}
        title={`Revoke ${leaving?.name ?? ''}?`}
      >
        {leaving ? <RevokeKey item={leaving} onDone={() => setLeaving(undefined)} /> : null}
      </Modal>
    </div>
  );
}

function RevokeKey({ item, onDone }: { item: Key; onDone: () => void }) {
  const queries = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => call('revokeKey', { project: item.project, key: item.id }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['listKeys'] });
      onDone();
    },
  });
  return (
    <div className="stack">
      <p>It stops working at once: calls with it fail.</p>
      {revoke.error ? <Failure error={revoke.error} /> : null}
      <Button size="sm" color="red" loading={revoke.isPending} onClick={() => revoke.mutate()}>
        Revoke the key
      </Button>
    </div>
  );
}
