import type { EndpointName, Endpoints } from '../src/contract/endpoints.ts';

/**
 * Method and path of every endpoint, written again because the contract's own table would bring zod into the browser.
 * The type makes a difference between the two a compile error.
 */
type Routes = { readonly [Name in EndpointName]: `${Endpoints[Name]['method']} ${Endpoints[Name]['path']}` };

export const routes: Routes = {
  health: 'GET /api/health',
  signIn: 'POST /api/auth/sign-in',
  signInByLink: 'POST /api/auth/link',
  signOut: 'POST /api/auth/sign-out',
  me: 'GET /api/auth/me',
  changePassword: 'POST /api/auth/password',
  listProjects: 'GET /api/projects',
  createProject: 'POST /api/projects',
  updateProject: 'PATCH /api/projects/:project',
  deleteProject: 'DELETE /api/projects/:project',
  listKeys: 'GET /api/projects/:project/keys',
  createKey: 'POST /api/projects/:project/keys',
  revokeKey: 'DELETE /api/projects/:project/keys/:key',
  projectSettings: 'GET /api/projects/:project/settings',
  changeProjectSettings: 'PATCH /api/projects/:project/settings',
  listSources: 'GET /api/projects/:project/sources',
  createSource: 'POST /api/projects/:project/sources',
  updateSource: 'PATCH /api/projects/:project/sources/:source',
  rotateSource: 'POST /api/projects/:project/sources/:source/rotate',
  revokeSource: 'DELETE /api/projects/:project/sources/:source',
  sourceActivity: 'GET /api/projects/:project/source-activity',
  sourceStatus: 'GET /api/projects/:project/sources/:source/status',
  lastDeliveries: 'GET /api/projects/:project/sources/:source/deliveries',
  tryMapping: 'POST /api/projects/:project/sources/:source/mapping/try',
  makeEmailLinks: 'POST /api/projects/:project/sources/:source/email-links',
  listUsers: 'GET /api/users',
  inviteUser: 'POST /api/users',
  updateUser: 'PATCH /api/users/:user',
  deleteUser: 'DELETE /api/users/:user',
  overview: 'POST /api/overview',
  breakdown: 'POST /api/breakdown',
  trend: 'POST /api/trend',
  funnel: 'POST /api/funnel',
  live: 'GET /api/live',
  eventNames: 'GET /api/catalog/events',
  propertyNames: 'GET /api/catalog/properties',
  propertyValues: 'POST /api/catalog/values',
  pipeline: 'GET /api/pipeline',
  query: 'POST /api/query',
  demoStatus: 'GET /api/demo',
};
