import { describe, expect, test } from 'vitest';
import { type ProjectSettings, projectSettings, visitorFields } from '../../contract/project-settings.ts';
import { day, itemOf, minute, noon, pageView } from '../items.fixture.ts';
import { enricherInMemory } from '../memory.fixture.ts';

async function enricher(visitor: Partial<ProjectSettings['visitor']>) {
  const memory = enricherInMemory();
  const settings = projectSettings.parse({ visitor });
  const command = { kind: 'settings', settings } as const;
  await memory.run([], [], [{ record: itemOf({}).record, by: 'u1', command }]);
  return memory;
}

const at = (minutes: number) => noon - day + minutes * minute;
const view = (minutes: number, url: string, referrer?: string) =>
  itemOf(pageView({ anonymousId: 'anon1', occurredAt: at(minutes), url, referrer }));
const carried = (properties: string): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(JSON.parse(properties) as Record<string, unknown>).filter(([name]) =>
      name.startsWith('$'),
    ),
  );

describe('what a visitor carries along', () => {
  test('first and last touch and the number of pages, also after signing in; a direct visit is no last touch', async () => {
    const { run } = await enricher({ fields: [...visitorFields] });
    await run([view(0, 'https://notes.example/pricing', 'https://www.google.com/')]);
    await run([view(200, 'https://notes.example/?utm_source=news&utm_medium=email&utm_campaign=may')]);
    await run([view(400, 'https://notes.example/')]);
    const { events } = await run([
      itemOf({ anonymousId: 'anon1', userId: 'ann', event: 'Signed Up', occurredAt: at(401) }),
    ]);
    expect(carried(events[0]?.properties ?? '')).toEqual({
      $first_channel: 'Organic Search',
      $first_source: 'Google',
      $first_medium: 'organic',
      $first_referrer: 'google.com',
      $first_landing_page: '/pricing',
      $first_time: new Date(at(0)).toISOString(),
      $last_channel: 'Email',
      $last_source: 'news',
      $last_medium: 'email',
      $last_campaign: 'may',
      $last_landing_page: '/',
      $last_time: new Date(at(200)).toISOString(),
      $page_views: 3,
    });
  });

  test('an earlier page that comes late is the first touch from then on', async () => {
    const { run } = await enricher({ fields: ['first_source', 'last_source'] });
    await run([view(100, 'https://notes.example/', 'https://www.google.com/')]);
    await run([view(50, 'https://notes.example/', 'https://news.ycombinator.com/')]);
    const { events } = await run([view(110, 'https://notes.example/')]);
    expect(carried(events[0]?.properties ?? '')).toEqual({
      $first_source: 'Hacker News',
      $last_source: 'Google',
    });
  });

  test('chosen events are counted', async () => {
    const { run } = await enricher({ counts: ['Searched'] });
    const search = () => itemOf({ anonymousId: 'anon1', event: 'Searched' });
    await run([search(), search()]);
    const { events } = await run([search(), view(0, 'https://notes.example/')]);
    expect(events.map(({ properties }) => carried(properties).$count_Searched)).toEqual([3, 2]);
  });

  test('nothing is asked for: nothing is remembered', async () => {
    const { run, state } = enricherInMemory();
    const { events } = await run([view(0, 'https://notes.example/', 'https://www.google.com/')]);
    expect(carried(events[0]?.properties ?? '')).toEqual({});
    const [text] = await state.fetch(['a:p1\0anon1']);
    expect(text).not.toContain('visitor');
  });
});
