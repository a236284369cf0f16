import { expect, it } from 'vitest';
import { familyOf, isRotationOf } from './discover.ts';

it.each([
  'app.log',
  'app.log.1',
  'app.log.12.gz',
  'app.log-20261122',
  'app.log-20261122.gz',
  'app.log.2026-11-22T10:00',
  'app-20261122.log',
  'app_2026-11-22_10.log.gz',
  'app.log.old',
])('%s is of the family of app.log', (name) => {
  expect(familyOf(`/var/log/${name}`)).toBe('app.log');
  expect(isRotationOf(`/var/old/${name}`, '/var/log/app.log')).toBe(name !== 'app.log');
});

it.each(['app2.log', 'app-1.log', 'app-error.log', 'app.log.d', 'log', 'myapp.log'])('%s is not', (name) => {
  expect(familyOf(name)).not.toBe('app.log');
});
