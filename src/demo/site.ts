import { Weighted } from './random.ts';

export interface Page {
  readonly host: 'www' | 'app';
  readonly path: string;
  readonly title: string;
  /** Published when AI summaries are released. */
  readonly withSummaries?: true;
}

const www = (path: string, title: string): Page => ({ host: 'www', path, title: `${title} · MeetNotes` });
const app = (path: string, title: string): Page => ({ host: 'app', path, title: `${title} – MeetNotes` });

/** The origin of a page. The marketing site and the product are two hosts of one cookie domain. */
export const origins = { www: 'https://meetnotes.example', app: 'https://app.meetnotes.example' } as const;

export const home = www('/', 'Meeting notes that write themselves');
export const pricing = www('/pricing', 'Pricing');
export const customers = www('/customers', 'Customers');
const launchPage = www('/launch', 'MeetNotes 5 is here');
const demoPage = www('/demo', 'Book a demo');

export const features: readonly Page[] = [
  { ...www('/features/ai-summaries', 'AI summaries'), withSummaries: true },
  www('/features/recording', 'Record any meeting'),
  www('/features/templates', 'Templates'),
  www('/features/search', 'Search every conversation'),
  www('/features/integrations', 'Integrations'),
  www('/features/security', 'Security'),
];
export const articles: readonly Page[] = [
  www('/blog/how-to-write-meeting-minutes', 'How to write meeting minutes people read'),
  www('/blog/one-on-one-questions', '101 one-on-one questions'),
  www('/blog/meeting-agenda-templates', '12 meeting agenda templates'),
  www('/blog/daily-standup-guide', 'The daily standup, a short guide'),
  www('/blog/ai-note-takers-compared', 'AI note takers compared'),
  www('/blog/retrospective-formats', '9 retrospective formats'),
  www('/blog/fewer-meetings', 'How we cut a third of our meetings'),
  www('/blog/meeting-cost-calculator', 'What does a meeting cost?'),
  www('/blog/async-updates', 'Async updates that work'),
  www('/blog/note-taking-methods', '5 note-taking methods for work'),
  www('/blog/customer-interviews', 'Notes from customer interviews'),
  { ...www('/blog/introducing-ai-summaries', 'Introducing AI summaries'), withSummaries: true },
];
export const docs = [
  www('/docs/getting-started', 'Getting started'),
  www('/docs/integrations/slack', 'Connect Slack'),
  www('/docs/integrations/google-calendar', 'Connect Google Calendar'),
  www('/docs/integrations/zoom', 'Connect Zoom'),
  www('/docs/api', 'API reference'),
  www('/docs/billing', 'Plans and billing'),
];
export const signUpPage = app('/signup', 'Create your workspace');
export const signInPage = app('/login', 'Sign in');
export const invitePage = app('/invite', 'Join your team');

/** Pages of the product, by what people do on them. */
export const product = {
  home: app('/home', 'Home'),
  notes: app('/notes', 'Notes'),
  note: app('/notes/edit', 'Note'),
  meetings: app('/meetings', 'Meetings'),
  search: app('/search', 'Search'),
  integrations: app('/settings/integrations', 'Integrations'),
  team: app('/settings/team', 'Team'),
  billing: app('/settings/billing', 'Billing'),
  onboarding: app('/welcome', 'Welcome'),
  help: app('/help', 'Help'),
} as const;

const weighted = (pages: readonly Page[], total: number) =>
  pages.map((page, index) => [page, (total * 2) / (pages.length * (1 + index * 0.25))] as const);

/** Where first visits begin, by the intent behind the click. */
export const landings = {
  brand: new Weighted<Page>([[home, 78], [pricing, 14], ...weighted(features, 5), ...weighted(docs, 3)]),
  content: new Weighted<Page>([...weighted(articles, 78), ...weighted(features, 9), [home, 13]]),
  product: new Weighted<Page>([[home, 50], ...weighted(features, 36), [pricing, 14]]),
  offer: new Weighted<Page>([[demoPage, 35], ...weighted(features, 35), [pricing, 15], [home, 15]]),
  launch: new Weighted<Page>([
    [launchPage, 60],
    [home, 40],
  ]),
};
export type Intent = keyof typeof landings;

/** Where a reader goes next. */
export const nextPage = new Weighted<Page>([
  [home, 18],
  [pricing, 24],
  ...weighted(features, 26),
  ...weighted(articles, 16),
  [customers, 8],
  ...weighted(docs, 6),
  [demoPage, 2],
]);
