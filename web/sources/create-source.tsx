import { Button, PasswordInput, Stack, TextInput, UnstyledButton } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { carriedSearch } from '../address/search.ts';
import { call } from '../call.ts';
import { Failure } from '../panel/failure.tsx';
import { useSession } from '../session/session.tsx';
import { DoorIcon } from './door-icon.tsx';
import { type Sender, senderGroups } from './senders.ts';

/** First what sends, then its name and what it has already; ends on the page of the new source. */
export function CreateSource() {
  const [sender, setSender] = useState<Sender>();
  return sender ? (
    <NewSource sender={sender} onBack={() => setSender(undefined)} />
  ) : (
    <ChooseSender onChoose={setSender} />
  );
}

function ChooseSender({ onChoose }: { readonly onChoose: (sender: Sender) => void }) {
  return (
    <div className="stack">
      {senderGroups.map(({ label, senders }) => (
        <fieldset key={label} className="sender-group">
          <legend className="panel-note">{label}</legend>
          <div className="senders">
            {senders.map((sender) => (
              <UnstyledButton key={sender.id} className="sender" onClick={() => onChoose(sender)}>
                <DoorIcon door={sender.door} />
                {sender.label}
              </UnstyledButton>
            ))}
          </div>
        </fieldset>
      ))}
    </div>
  );
}

function NewSource({ sender, onBack }: { readonly sender: Sender; readonly onBack: () => void }) {
  const { project } = useSession();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState(sender.label);
  const [key, setKey] = useState('');
  const [secret, setSecret] = useState('');
  const create = useMutation({
    mutationFn: () =>
      call('createSource', {
        project: project.id,
        name: name.trim(),
        door: sender.door,
        ...(key.trim() === '' ? {} : { key: key.trim() }),
        ...(secret.trim() === '' ? {} : { secret: secret.trim() }),
      }),
    onSuccess: async ({ id }) => {
      await queries.invalidateQueries({ queryKey: ['listSources'] });
      await navigate({
        to: '/sources/$source',
        params: { source: id },
        search: carriedSearch,
        hash: sender.id,
      });
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
        <div>
          <Button variant="subtle" leftSection={<IconArrowLeft size={14} />} onClick={onBack} px={6}>
            Another sender
          </Button>
        </div>
        <TextInput
          label="Name"
          description="Where it sends from: Web shop, iOS app, Billing"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          maxLength={100}
          required
          data-autofocus
        />
        {sender.keeps ? (
          <TextInput
            label={`Does your SDK already have a ${sender.keeps[0]}? Keep it`}
            description="Then only the host changes in your code. Left empty, a key is made."
            placeholder={sender.keeps[1]}
            value={key}
            onChange={(event) => setKey(event.currentTarget.value)}
            maxLength={200}
            autoComplete="off"
            spellCheck={false}
          />
        ) : null}
        {sender.secret ? (
          <PasswordInput
            label={sender.secret[0]}
            description={`${sender.secret[1]}. It can be entered later too; it is stored encrypted and never shown.`}
            value={secret}
            onChange={(event) => setSecret(event.currentTarget.value)}
            maxLength={2_000}
            autoComplete="off"
          />
        ) : null}
        {create.error ? <Failure error={create.error} /> : null}
        <div>
          <Button type="submit" size="sm" loading={create.isPending} disabled={name.trim() === ''}>
            Create source
          </Button>
        </div>
      </Stack>
    </form>
  );
}
