import { Tabs } from '@mantine/core';
import { useLocation } from '@tanstack/react-router';
import { CountingSettings } from '../counting/counting-settings.tsx';
import { Page } from '../panel/page.tsx';
import { PrivacySettings } from '../privacy/privacy-settings.tsx';
import { mayAct, useSession } from '../session/session.tsx';
import { Keys } from '../settings/keys.tsx';
import { OwnPassword } from '../settings/password.tsx';
import { People } from '../settings/people.tsx';
import { ProjectSettings } from '../settings/project-settings.tsx';

export function SettingsPage() {
  const { me, project } = useSession();
  const asked = useLocation({ select: ({ hash }) => hash });
  const sections = [
    { id: 'keys', label: 'API keys', shown: mayAct(me, 'editor'), content: <Keys /> },
    { id: 'project', label: 'Project', shown: true, content: <ProjectSettings /> },
    { id: 'counting', label: 'What counts', shown: true, content: <CountingSettings /> },
    { id: 'privacy', label: 'Privacy', shown: true, content: <PrivacySettings /> },
    { id: 'people', label: 'People', shown: mayAct(me, 'admin') && me.user !== null, content: <People /> },
    { id: 'account', label: 'Account', shown: me.user !== null, content: <OwnPassword /> },
  ].filter(({ shown }) => shown);
  return (
    <Page title="Settings" note={project.name}>
      <Tabs
        defaultValue={(sections.find(({ id }) => id === asked) ?? sections[0])?.id ?? null}
        keepMounted={false}
        variant="none"
      >
        <Tabs.List className="plain-tabs plain-tabs-wide" aria-label="Settings">
          {sections.map(({ id, label }) => (
            <Tabs.Tab key={id} value={id} className="plain-tab">
              {label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {sections.map(({ id, content }) => (
          <Tabs.Panel key={id} value={id}>
            {content}
          </Tabs.Panel>
        ))}
      </Tabs>
    </Page>
  );
}
