import { Link } from '@tanstack/react-router';
import type { IdentityChange } from '../../src/contract/person-endpoints.ts';
import { carriedSearch } from '../address/search.ts';
import { moment } from '../format/time.ts';
import { StateMark } from '../panel/state.tsx';
import { actionText, idText, kindName, reasonText } from './names.ts';

interface HistoryListProps {
  readonly changes: readonly IdentityChange[];
  readonly timezone: string;
}

const tones = { linked: undefined, refused: 'warn', merged: 'good', undone: 'bad', split: 'bad' } as const;

/** What happened to ids: when, who did it and why. */
export function HistoryList({ changes, timezone }: HistoryListProps) {
  return (
    <ul className="identity-history">
      {changes.map((change) => (
        <li
          key={`${change.at}${change.action}${change.alias.id}${change.target.id}`}
          className="identity-change"
          data-action={change.action}
        >
          <StateMark tone={tones[change.action]} word={actionText(change.action)} />
          <span className="identity-pair">
            <ChangedId id={change.alias} person={change.aliasPerson} />
            <span className="muted">{pairWord(change.action)}</span>
            <ChangedId id={change.target} person={change.targetPerson} />
          </span>
          <span className="muted identity-why">
            {change.by ? `by ${change.by.name}` : reasonText(change.reason)}
            {change.by && change.action === 'refused' ? `: ${change.reason}` : ''}
            {change.note === '' ? '' : ` · “${change.note}”`}
          </span>
          <time className="muted nowrap identity-time">{moment(change.at, timezone)}</time>
        </li>
      ))}
    </ul>
  );
}

function pairWord(action: IdentityChange['action']): string {
  return action === 'linked' || action === 'merged' ? 'to' : 'from';
}

function ChangedId({ id, person }: { readonly id: IdentityChange['alias']; readonly person: string }) {
  return (
    <Link
      to="/people/$person"
      params={{ person }}
      search={carriedSearch}
      className="identity-id"
      title={id.id}
    >
      <span className="identity-kind">{kindName(id)}</span> {idText(id)}
    </Link>
  );
}
