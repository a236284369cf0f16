import type { NetworkKind } from '../network/hosting.ts';
import { type Network, type Networks, openNetworks } from '../network/networks.ts';
import type { Draft } from '../step.ts';
import { type Finding, finding, type Layer, nothing } from './layer.ts';

/**
 * Visitors in the data centres of cloud and hosting companies. Never enough alone: VPNs and the networks of companies have their exits there,
 * and people come out of them. The addresses are truncated, which is fine enough.
 */
export const networkLayer: Layer = { name: 'network', find };

let networks: Networks | undefined;
const findings = new Map<number, Finding>();

const scores: Readonly<Record<NetworkKind, { readonly score: number; readonly what: string }>> = {
  cloud: { score: 40, what: 'cloud' },
  hosting: { score: 30, what: 'hosting' },
  relay: { score: 10, what: 'VPN or relay, people too' },
};

function find({ event: { address } }: Draft): Finding {
  if (address === undefined) return nothing;
  networks ??= openNetworks();
  const network = networks.find(address);
  return network === undefined ? nothing : findingOf(network);
}

function findingOf({ kind, name, number }: Network): Finding {
  let found = findings.get(number);
  if (found === undefined) {
    const { score, what } = scores[kind];
    found = finding('network', score, `AS${number} ${name.slice(0, 80)} (${what})`);
    findings.set(number, found);
  }
  return found;
}
