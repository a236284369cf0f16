import { ActionIcon, Drawer } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconMenu2 } from '@tabler/icons-react';
import { Navigate, Outlet, useLocation } from '@tanstack/react-router';
import { Suspense, useEffect } from 'react';
import { useAddress } from './address/use-address.ts';
import { CallError } from './call.ts';
import { Failure } from './panel/failure.tsx';
import { useCall } from './query.ts';
import { rememberedProject, rememberProject } from './session/remembered-project.ts';
import { mayAct, SessionProvider } from './session/session.tsx';
import { AccountMenu } from './shell/account-menu.tsx';
import { CreateProjectForm } from './shell/create-project.tsx';
import { DemoBanner } from './shell/demo-banner.tsx';
import { LogoMark } from './shell/logo.tsx';
import { Navigation } from './shell/navigation.tsx';
import { ProjectSwitcher } from './shell/project-switcher.tsx';
import { SchemeToggle } from './shell/scheme-toggle.tsx';

/** Everything behind the sign-in: finds out who is here and about which project, then frames the page. */
export function Shell() {
  const me = useCall('me', {});
  const projects = useCall('listProjects', {}, { enabled: me.data !== undefined });
  const [search, change] = useAddress();
  const location = useLocation();

  const list = projects.data?.projects ?? [];
  const find = (id: string | undefined) => list.find((project) => project.id === id);
  // A newcomer sees the demo first: it has something to show.
  const usual = list.find(({ demo }) => demo) ?? list[0];
  const project = find(search.project) ?? find(rememberedProject()) ?? usual;
  const id = project?.id;
  const complete = search.project === id;

  useEffect(() => {
    if (id === undefined) return;
    rememberProject(id);
    // The address names the project, so that a copied link leads to the same page.
    if (!complete) change({ project: id }, { replace: true });
  }, [id, complete, change]);

  if (me.error instanceof CallError && me.error.code === 'unauthenticated') {
    // On the way already: its code is being loaded, and this shell is still there.
    if (location.pathname === '/sign-in') return null;
    return <Navigate to="/sign-in" search={{ next: location.href }} replace />;
  }
  const broken = me.error ?? projects.error;
  if (broken && !(me.data && projects.data)) {
    return (
      <div className="alone">
        <Failure error={broken} onRetry={() => void (me.error ? me.refetch() : projects.refetch())} />
      </div>
    );
  }
  if (!me.data || !projects.data) {
    return (
      <div className="alone" role="status" aria-label="Loading">
        <LogoMark size={40} />
      </div>
    );
  }
  if (!project) {
    return (
      <main className="alone">
        <div className="alone-card">
          <h1 className="page-title">The first project</h1>
          {mayAct(me.data, 'admin') ? (
            <CreateProjectForm onCreated={(created) => change({ project: created })} />
          ) : (
            <p>There is no project yet. Ask an administrator to create one.</p>
          )}
        </div>
      </main>
    );
  }
  return (
    <SessionProvider value={{ me: me.data, projects: list, project }}>
      <Frame />
    </SessionProvider>
  );
}

function Frame() {
  const [opened, drawer] = useDisclosure(false);
  return (
    <div className="frame">
      <a href="#main" className="skip">
        Skip to the content
      </a>
      <aside className="side">
        <div className="side-brand">
          <LogoMark />
          <span className="side-name">Tributary</span>
          <SchemeToggle />
        </div>
        <ProjectSwitcher />
        <Navigation />
        <div className="side-end">
          <AccountMenu />
        </div>
      </aside>
      <header className="top">
        <ActionIcon size="lg" aria-label="Open the navigation" onClick={drawer.open}>
          <IconMenu2 size={20} stroke={1.6} />
        </ActionIcon>
        <LogoMark size={22} />
        <div className="top-project">
          <ProjectSwitcher />
        </div>
        <SchemeToggle />
      </header>
      <Drawer opened={opened} onClose={drawer.close} size={272} title="Tributary" padding="sm">
        <div className="drawer-nav">
          <Navigation onNavigate={drawer.close} />
          <AccountMenu />
        </div>
      </Drawer>
      <div className="content">
        <DemoBanner />
        <Suspense fallback={null}>
          <Outlet />
        </Suspense>
      </div>
    </div>
  );
}
