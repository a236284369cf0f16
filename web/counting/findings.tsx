import type { LiveEvent } from '../../src/contract/result.ts';
import { layerLabel } from './words.ts';
import './counting.css';

/** Why an event is suspect: each layer, its score, its words. */
export function Findings({ found }: { found: LiveEvent['bots'] }) {
  return (
    <ul className="findings">
      {found.map(({ layer, score, words }) => (
        <li key={layer}>
          <span className="finding-score">{score}</span>
          <span>
            {layerLabel(layer)}
            {words === '' ? null : <span className="muted">: {words}</span>}
          </span>
        </li>
      ))}
    </ul>
  );
}
