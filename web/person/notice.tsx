import { StateMark } from '../panel/state.tsx';
import type { Told } from './use-person-command.ts';

/** What became of a command. */
export function Notice({ told }: { readonly told: Told }) {
  return (
    <p className="person-notice" role="status">
      <StateMark tone={told.tone} word={told.tone === 'good' ? 'applied' : 'note'} /> {told.text}
    </p>
  );
}
