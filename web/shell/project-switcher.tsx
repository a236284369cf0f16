import { Menu, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconCheck, IconPlus, IconSelector } from '@tabler/icons-react';
import { useAddress } from '../address/use-address.ts';
import { rememberProject } from '../session/remembered-project.ts';
import { mayAct, useSession } from '../session/session.tsx';
import { CreateProjectDialog } from './create-project.tsx';

export function ProjectSwitcher() {
  const { me, project, projects } = useSession();
  const [, change] = useAddress();
  const [creating, dialog] = useDisclosure(false);
  const choose = (id: string) => {
    rememberProject(id);
    // Filters name values of the former project: they would show an empty page in the next one.
    change({ project: id, f: undefined });
  };
  return (
    <>
      <Menu width={232}>
        <Menu.Target>
          <UnstyledButton className="project-button" aria-label={`Project: ${project.name}`}>
            <span className="project-initial" aria-hidden="true">
              {project.name.slice(0, 1).toUpperCase()}
            </span>
            <span className="project-name">{project.name}</span>
            <IconSelector size={16} stroke={1.6} aria-hidden="true" />
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>Projects</Menu.Label>
          {projects.map((candidate) => (
            <Menu.Item
              key={candidate.id}
              onClick={() => choose(candidate.id)}
              rightSection={candidate.id === project.id ? <IconCheck size={14} /> : null}
            >
              {candidate.name}
              {candidate.demo ? <span className="tag">Demo</span> : null}
            </Menu.Item>
          ))}
          {mayAct(me, 'admin') && me.user ? (
            <>
              <Menu.Divider />
              <Menu.Item leftSection={<IconPlus size={14} />} onClick={dialog.open}>
                New project
              </Menu.Item>
            </>
          ) : null}
        </Menu.Dropdown>
      </Menu>
      <CreateProjectDialog opened={creating} onClose={dialog.close} onCreated={choose} />
    </>
  );
}
