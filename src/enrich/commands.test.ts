import { expect, test } from 'vitest';
import { projectSettings } from '../contract/project-settings.ts';
import { itemOf } from './items.fixture.ts';
import { enricherInMemory } from './memory.fixture.ts';
import { Memory, settingsKey } from './memory.ts';

test('what the owner decides is remembered with the project, from its batch on', async () => {
  const { run, state } = enricherInMemory();
  const settings = projectSettings.parse({ sessions: { timeoutMinutes: 5 } });
  await run([], [], [{ record: itemOf({}).record, by: 'u1', command: { kind: 'settings', settings } }]);
  const memory = new Memory(1);
  await memory.load(state, new Set([settingsKey('p1'), settingsKey('p2')]));
  expect(memory.settings('p1').sessions.timeoutMinutes).toBe(5);
  expect(memory.settings('p2').sessions.timeoutMinutes).toBe(30);
});
