import { Button, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Project } from '../../src/contract/endpoints.ts';
import { useAddress } from '../address/use-address.ts';
import { call } from '../call.ts';
import { dayName } from '../format/time.ts';
import { Failure } from '../panel/failure.tsx';
import { Panel } from '../panel/panel.tsx';
import { mayAct, useSession } from '../session/session.tsx';
import { SessionRules } from './session-rules.tsx';
import { TimezoneSelect } from './timezone-select.tsx';

export function ProjectSettings() {
  const { me, project } = useSession();
  return (
    <div className="stack">
      <Panel title="Project">
        <ProjectForm key={project.id} project={project} editable={mayAct(me, 'editor')} />
      </Panel>
      <SessionRules />
      {mayAct(me, 'admin') ? (
        <Panel title="Delete this project">
          <DeleteProject key={project.id} project={project} />
        </Panel>
      ) : null}
    </div>
  );
}

function ProjectForm({ project, editable }: { project: Project; editable: boolean }) {
  const queries = useQueryClient();
  const [name, setName] = useState(project.name);
  const [timezone, setTimezone] = useState(project.timezone);
  const save = useMutation({
    mutationFn: () => call('updateProject', { project: project.id, name: name.trim(), timezone }),
    onSuccess: async () => {
      await queries.invalidateQueries();
      notifications.show({ message: 'Saved' });
    },
  });
  const changed = name.trim() !== project.name || timezone !== project.timezone;
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Stack gap="sm">
        <TextInput
          label="Name"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          maxLength={100}
          required
          disabled={!editable}
        />
        <TimezoneSelect value={timezone} onChange={setTimezone} disabled={!editable} />
        <p className="panel-note">
          Id <span className="mono">{project.id}</span>, created on{' '}
          {dayName(project.createdAt, project.timezone)}
          {project.demo ? ', the demo product' : ''}
        </p>
        {save.error ? <Failure error={save.error} /> : null}
        {editable ? (
          <div>
            <Button
              type="submit"
              size="sm"
              loading={save.isPending}
              disabled={!changed || name.trim() === ''}
            >
              Save
            </Button>
          </div>
        ) : null}
      </Stack>
    </form>
  );
}

function DeleteProject({ project }: { project: Project }) {
  const queries = useQueryClient();
  const [, change] = useAddress();
  const [opened, dialog] = useDisclosure(false);
  const [typed, setTyped] = useState('');
  const remove = useMutation({
    mutationFn: () => call('deleteProject', { project: project.id }),
    onSuccess: async () => {
      dialog.close();
      change({ project: undefined, f: undefined });
      await queries.invalidateQueries();
    },
  });
  return (
    <>
      <Text size="sm" c="dimmed" mb={12}>
        Deletes the project with its keys and all of its events. There is no way back.
      </Text>
      <Button size="sm" color="red" variant="light" onClick={dialog.open}>
        Delete {project.name}…
      </Button>
      <Modal opened={opened} onClose={dialog.close} title={`Delete ${project.name}?`}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            remove.mutate();
          }}
        >
          <Stack gap="sm">
            <TextInput
              label={
                <>
                  Type <strong>{project.name}</strong> to confirm
                </>
              }
              value={typed}
              onChange={(event) => setTyped(event.currentTarget.value)}
              data-autofocus
              autoComplete="off"
            />
            {remove.error ? <Failure error={remove.error} /> : null}
            <Button
              type="submit"
              size="sm"
              color="red"
              loading={remove.isPending}
              disabled={typed !== project.name}
            >
              Delete the project and its events
            </Button>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
