import { Button, Modal, Select, Stack, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Role, User } from '../../src/contract/endpoints.ts';
import { call } from '../call.ts';
import { ago } from '../format/duration.ts';
import { Answer } from '../panel/answer.tsx';
import { Failure } from '../panel/failure.tsx';
import { Panel } from '../panel/panel.tsx';
import { useCall } from '../query.ts';
import { useSession } from '../session/session.tsx';
import { roleOptions } from './roles.ts';
import { ShownOnce } from './shown-once.tsx';

/** Everybody who may sign in; for administrators. */
export function People() {
  const users = useCall('listUsers', {});
  const [opened, dialog] = useDisclosure(false);
  return (
    <Panel
      title="People"
      flush
      tools={
        <Button variant="default" leftSection={<IconPlus size={14} />} onClick={dialog.open}>
          Invite
        </Button>
      }
    >
      <Answer query={users} height={160}>
        {(data) => <UserTable users={data.users} />}
      </Answer>
      <Modal opened={opened} onClose={dialog.close} title="Invite somebody">
        <InviteForm onDone={dialog.close} />
      </Modal>
    </Panel>
  );
}

function UserTable({ users }: { users: readonly User[] }) {
  const [leaving, setLeaving] = useState<User>();
  return (
    <div className="table-scroll">
      <table className="data" aria-label="People">
        <thead>
          <tr>
            <th scope="col">Person</th>
            <th scope="col">Role</th>
            <th scope="col">Last sign-in</th>
            <th scope="col" aria-label="Actions" />
          </tr>
        </thead>
        <tbody>
          {users.map((user) => (
            <UserRow key={user.id} user={user} onRemove={() => setLeaving(user)} />
          ))}
        </tbody>
      </table>
      <Modal
        opened={leaving !== undefined}
        onClose={() => setLeaving(undefined)}
        title={`Remove ${leaving?.email ?? ''}?`}
      >
        {leaving ? <RemoveUser user={leaving} onDone={() => setLeaving(undefined)} /> : null}
      </Modal>
    </div>
  );
}

function UserRow({ user, onRemove }: { user: User; onRemove: () => void }) {
  const { me } = useSession();
  const queries = useQueryClient();
  const own = me.user?.id === user.id;
  const update = useMutation({
    mutationFn: (role: Role) => call('updateUser', { user: user.id, role }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['listUsers'] }),
  });
  return (
    <tr>
      <td>
        {user.name === '' ? null : <strong className="person-name">{user.name}</strong>}
        <span className={user.name === '' ? undefined : 'muted'}>{user.email}</span>
        {own ? <span className="tag">you</span> : null}
        {update.error ? <Failure error={update.error} /> : null}
      </td>
      <td>
        {/* Nobody takes the last key away from themselves by a slip. */}
        {own ? (
          (roleOptions.find(({ value }) => value === user.role)?.label.split(':')[0] ?? user.role)
        ) : (
          <Select
            aria-label={`Role of ${user.email}`}
            data={roleOptions.map(({ value, label }) => ({ value, label: label.split(':')[0] ?? label }))}
            value={user.role}
            disabled={update.isPending}
            onChange={(role) => role && update.mutate(role)}
            w={136}
          />
        )}
      </td>
      <td>{user.lastSignInAt === null ? 'never' : ago(user.lastSignInAt, Date.now())}</td>
      <td className="number">
        {own ? null : (
          <Button variant="subtle" color="red" onClick={onRemove} aria-label={`Remove ${user.email}`}>
            Remove
          </Button>
        )}
      </td>
    </tr>
  );
}

function RemoveUser({ user, onDone }: { user: User; onDone: () => void }) {
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => call('deleteUser', { user: user.id }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['listUsers'] });
      onDone();
    },
  });
  return (
    <div className="stack">
      <p>Their sessions end at once.</p>
      {remove.error ? <Failure error={remove.error} /> : null}
      <Button size="sm" color="red" loading={remove.isPending} onClick={() => remove.mutate()}>
        Remove
      </Button>
    </div>
  );
}

function InviteForm({ onDone }: { onDone: () => void }) {
  const queries = useQueryClient();
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const invite = useMutation({
    mutationFn: () => call('inviteUser', { email: email.trim(), name: name.trim(), role }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['listUsers'] }),
  });
  if (invite.data) {
    return (
      <ShownOnce
        label={`Sign-in link for ${invite.data.user.email}`}
        secret={invite.data.link}
        note="It works once. Hand it over; after signing in they set their own password."
        onDone={onDone}
      />
    );
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        invite.mutate();
      }}
    >
      <Stack gap="sm">
        <TextInput
          label="E-mail"
          type="email"
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
          required
          data-autofocus
        />
        <TextInput
          label="Name"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          maxLength={100}
        />
        <Select
          label="Role"
          size="sm"
          data={roleOptions}
          value={role}
          onChange={(next) => next && setRole(next)}
        />
        {invite.error ? <Failure error={invite.error} /> : null}
        <Button type="submit" size="sm" loading={invite.isPending} disabled={email.trim() === ''}>
          Make a sign-in link
        </Button>
      </Stack>
    </form>
  );
}
