import type { PersonSummary } from '../../src/contract/person-endpoints.ts';
import { dayName } from '../format/time.ts';

interface NamedId {
  readonly kind: 'anonymous' | 'user' | 'email';
  readonly id: string;
}

/** How a person is called; devices of nobody by the start of their id. */
export function personName({
  name,
  userId,
  anonymousId,
  person,
}: Pick<PersonSummary, 'name' | 'userId' | 'anonymousId' | 'person'>): string {
  if (userId !== '' || (name !== '' && name !== anonymousId)) return name || userId;
  return anonymousName(anonymousId || person);
}

function anonymousName(id: string): string {
  // strangers of webhooks say who they are: stripe:cus_1, email:ada@example.com
  return id.includes(':') ? id : `Anonymous ${id.slice(0, 8)}`;
}

const kindNames = { user: 'user', anonymous: 'anonymous', email: 'e-mail' } as const;

/** What kind of id it is; ids of webhooks name their sender. */
export function kindName({ kind, id }: NamedId): string {
  const sender = /^([a-z]{2,16}):./.exec(id)?.[1];
  if (kind !== 'anonymous' || sender === undefined) return kindNames[kind];
  return sender === 'email' ? 'e-mail' : sender;
}

/** An id as text; hashes of addresses are long and say nothing. */
export function idText({ kind, id }: NamedId): string {
  return kind === 'email' ? `${id.slice(0, 12)}…` : id;
}

const reasons: Readonly<Record<string, string>> = {
  identify: 'both came in one event',
  alias: 'an alias call',
  merge: 'the client merged them',
  email: 'the same e-mail address',
  operator: 'merged by hand',
  split: 'stayed together in a split',
};

export function reasonText(reason: string): string {
  return reasons[reason] ?? reason;
}

const actions = {
  linked: 'joined',
  refused: 'kept apart',
  merged: 'merged',
  undone: 'undone',
  split: 'split off',
} as const;

export function actionText(action: keyof typeof actions): string {
  return actions[action];
}

/** `12.50 USD, 3 EUR`; '' for nothing. */
export function moneyText(
  revenue: readonly { readonly currency: string; readonly amount: number }[],
): string {
  return revenue
    .map(({ currency, amount }) =>
      `${amount.toLocaleString('en', { maximumFractionDigits: 2 })} ${currency}`.trim(),
    )
    .join(', ');
}

/** `3 Nov 2026 – 9 Nov 2026`, or one day. */
export function spanText(from: number, to: number, timezone: string): string {
  const [first, last] = [dayName(from, timezone), dayName(to, timezone)];
  return first === last ? first : `${first} – ${last}`;
}
