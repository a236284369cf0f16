import type { BotLayer, BotRules } from '../../src/contract/project-settings.ts';

/** What each layer looks at, for whoever decides whether it counts. The order is that of the contract. */
export const layers: readonly { readonly id: BotLayer; readonly label: string; readonly about: string }[] = [
  {
    id: 'agent',
    label: 'User agent',
    about: 'Crawlers, monitors, headless browsers and HTTP libraries that say so; browsers of ten years ago.',
  },
  {
    id: 'contradiction',
    label: 'Contradictions',
    about:
      'User agent, client hints, headers and screen that do not fit together. Headers that your own proxy takes away weigh little.',
  },
  {
    id: 'network',
    label: 'Network',
    about:
      'Addresses of cloud and hosting companies. Never enough alone: VPNs and companies have their exits there.',
  },
  {
    id: 'rate',
    label: 'Rate',
    about: 'One visitor with more than 30 pages or 120 events a minute, and what it does after that.',
  },
  {
    id: 'behaviour',
    label: 'Behaviour',
    about: 'Pages at the same distance, one after the other; many pages that nobody looked at.',
  },
];

export function layerLabel(id: BotLayer): string {
  return layers.find((layer) => layer.id === id)?.label ?? id;
}

export const policies: readonly {
  readonly value: BotRules['policy'];
  readonly label: string;
  readonly about: string;
}[] = [
  { value: 'count', label: 'Count', about: 'Bots count like everybody.' },
  { value: 'hide', label: 'Leave out', about: 'Charts are without bots, unless “Include bots” is on.' },
  {
    value: 'quarantine',
    label: 'Quarantine',
    about: 'As “Leave out”, and every page with charts says so and leads here, where they are listed.',
  },
];
