import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { carriedSearch, parseSearch, type Search, stringifySearch } from './address/search.ts';
import { NotFound } from './panel/not-found.tsx';
import { PageFailure } from './panel/page-failure.tsx';
import { Shell } from './shell.tsx';

const root = createRootRoute({ validateSearch: (search: Search): Search => search });

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  component: lazyRouteComponent(() => import('./pages/sign-in.tsx'), 'SignInPage'),
});

/** Everything behind the sign-in, inside the shell. */
const inside = createRoute({ getParentRoute: () => root, id: 'inside', component: Shell });

const home = createRoute({
  getParentRoute: () => inside,
  path: '/',
  beforeLoad: ({ search }) => {
    throw redirect({ to: '/overview', search: carriedSearch(search), replace: true });
  },
});

const overview = createRoute({
  getParentRoute: () => inside,
  path: '/overview',
  component: lazyRouteComponent(() => import('./pages/overview.tsx'), 'OverviewPage'),
});
const live = createRoute({
  getParentRoute: () => inside,
  path: '/live',
  component: lazyRouteComponent(() => import('./pages/live.tsx'), 'LivePage'),
});
const explore = createRoute({
  getParentRoute: () => inside,
  path: '/explore',
  component: lazyRouteComponent(() => import('./pages/explore.tsx'), 'ExplorePage'),
});
const funnel = createRoute({
  getParentRoute: () => inside,
  path: '/funnel',
  component: lazyRouteComponent(() => import('./pages/funnel.tsx'), 'FunnelPage'),
});
const people = createRoute({
  getParentRoute: () => inside,
  path: '/people',
  component: lazyRouteComponent(() => import('./pages/people.tsx'), 'PeoplePage'),
});
const person = createRoute({
  getParentRoute: () => inside,
  path: '/people/$person',
  component: lazyRouteComponent(() => import('./pages/person.tsx'), 'PersonPage'),
});
const rewind = createRoute({
  getParentRoute: () => inside,
  path: '/rewind',
  component: lazyRouteComponent(() => import('./pages/rewind.tsx'), 'RewindPage'),
});
const pipeline = createRoute({
  getParentRoute: () => inside,
  path: '/pipeline',
  component: lazyRouteComponent(() => import('./pages/pipeline.tsx'), 'PipelinePage'),
});
const sql = createRoute({
  getParentRoute: () => inside,
  path: '/sql',
  component: lazyRouteComponent(() => import('./pages/sql.tsx'), 'SqlPage'),
});
const sources = createRoute({
  getParentRoute: () => inside,
  path: '/sources',
  component: lazyRouteComponent(() => import('./pages/sources.tsx'), 'SourcesPage'),
});
const source = createRoute({
  getParentRoute: () => inside,
  path: '/sources/$source',
  component: lazyRouteComponent(() => import('./pages/source.tsx'), 'SourcePage'),
});
const plan = createRoute({
  getParentRoute: () => inside,
  path: '/plan',
  component: lazyRouteComponent(() => import('./pages/plan.tsx'), 'PlanPage'),
});
const quarantine = createRoute({
  getParentRoute: () => inside,
  path: '/quarantine',
  component: lazyRouteComponent(() => import('./pages/quarantine.tsx'), 'QuarantinePage'),
});
const quarantineGroup = createRoute({
  getParentRoute: () => inside,
  path: '/quarantine/$cause',
  component: lazyRouteComponent(() => import('./pages/quarantine-group.tsx'), 'QuarantineGroupPage'),
});
const settings = createRoute({
  getParentRoute: () => inside,
  path: '/settings',
  component: lazyRouteComponent(() => import('./pages/settings.tsx'), 'SettingsPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    inside.addChildren([
      home,
      overview,
      live,
      explore,
      funnel,
      people,
      person,
      pipeline,
      rewind,
      quarantine,
      quarantineGroup,
      sources,
      source,
      plan,
      sql,
      settings,
    ]),
  ]),
  parseSearch: (text) => parseSearch(text) as Record<string, unknown>,
  stringifySearch: (search) => stringifySearch(search),
  defaultPreload: 'intent',
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: PageFailure,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
