import { Button, PasswordInput, Stack } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../call.ts';
import { Failure } from '../panel/failure.tsx';
import { Panel } from '../panel/panel.tsx';
import { useSession } from '../session/session.tsx';

const shortest = 10;

export function OwnPassword() {
  const { me } = useSession();
  const [password, setPassword] = useState('');
  const change = useMutation({
    mutationFn: () => call('changePassword', { password }),
    onSuccess: () => {
      setPassword('');
      notifications.show({ message: 'The password is changed; your other sessions have ended.' });
    },
  });
  const short = password !== '' && password.length < shortest;
  return (
    <Panel title="Your password">
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate();
        }}
      >
        <Stack gap="sm">
          <input
            type="hidden"
            name="username"
            autoComplete="username"
            value={me.user?.email ?? ''}
            readOnly
          />
          <PasswordInput
            label="New password"
            description={`At least ${shortest} characters`}
            autoComplete="new-password"
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            error={short ? `${shortest - password.length} more` : undefined}
          />
          {change.error ? <Failure error={change.error} /> : null}
          <div>
            <Button type="submit" size="sm" loading={change.isPending} disabled={password.length < shortest}>
              Change password
            </Button>
          </div>
        </Stack>
      </form>
    </Panel>
  );
}
