import { expect, test } from 'vitest';
import { projectSettings } from '../../contract/project-settings.ts';
import { itemOf, noon, pageView } from '../items.fixture.ts';
import { enricherInMemory } from '../memory.fixture.ts';

test('a visitor that begins a session with every event is remembered within bounds', async () => {
  const { run, state } = enricherInMemory();
  const settings = projectSettings.parse({ sessions: { newCampaign: true } });
  await run([], [], [{ record: itemOf({}).record, by: 'u1', command: { kind: 'settings', settings } }]);
  let sessions = 0;
  for (let batch = 0; batch < 3; batch++) {
    const items = Array.from({ length: 500 }, (_, index) =>
      itemOf(
        pageView({
          anonymousId: 'crawler',
          occurredAt: noon - 3_600_000 + (batch * 500 + index) * 1_000,
          url: `https://notes.example/?utm_source=x&utm_campaign=c${index % 2}`,
        }),
      ),
    );
    sessions += (await run(items)).sessions.length;
  }
  expect(sessions).toBeGreaterThanOrEqual(1_500);
  const [text] = await state.fetch(['a:p1\0crawler']);
  const trail = (JSON.parse((text ?? '[]').replace(/^[^[]*/, '')) as unknown[])[12] as unknown[];
  // about a hundred bytes for each of at most 400 sessions
  expect(JSON.stringify(trail).length).toBeLessThan(80_000);
});
