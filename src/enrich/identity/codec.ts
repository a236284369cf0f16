import type { LinkReason } from '../../contract/row.ts';
import type { Belonging, Edge, Joint, Subject } from '../memory.ts';

/** An id of the same project as the value it stands in: kind, then the id. */
type IdValue = string;

/** What the graph adds to the value of an id; absent for ids that were never joined or parted. */
export interface GraphValue {
  /** Set when the id was joined to one that is no user. */
  readonly link?: IdValue;
  readonly edge?: readonly [reason: string, at: number, by: string];
  readonly apart?: readonly IdValue[];
  readonly refused?: readonly IdValue[];
  readonly joint?: JointValue;
}
type JointValue = readonly [
  anonymous: string,
  firstSeen: number,
  lastSeen: number,
  accounts: readonly (readonly [kind: string, id: string, at: number])[],
  bearers: readonly IdValue[],
];

interface Graph {
  readonly link: string;
  readonly edge: Edge | undefined;
  readonly apart: readonly string[];
  readonly refused: readonly string[];
  readonly joint: Joint | undefined;
}

/** `u:p1\0ann` without its project: `uann`. */
function shorten(key: string): IdValue {
  return key.slice(0, 1) + key.slice(key.indexOf('\0') + 1);
}

function lengthen(value: IdValue, project: string): string {
  return `${value.slice(0, 1)}:${project}\0${value.slice(1)}`;
}

/** Versions before this one know links to users only, by their id. */
export function linkOf({ link }: Subject): string {
  return link.startsWith('u:') ? link.slice(link.indexOf('\0') + 1) : '';
}

export function encodeGraph(subject: Subject): GraphValue | undefined {
  const { apart, edge, joint, link, refused } = subject;
  if (link === '' && joint === undefined && apart.length === 0 && refused.length === 0) return undefined;
  return {
    ...(link === '' || link.startsWith('u:') ? {} : { link: shorten(link) }),
    ...(edge ? { edge: [edge.reason, edge.at, edge.by] as const } : {}),
    ...(apart.length > 0 ? { apart: apart.map(shorten) } : {}),
    ...(refused.length > 0 ? { refused: refused.map(shorten) } : {}),
    ...(joint ? { joint: encodeJoint(joint) } : {}),
  };
}

const none: readonly string[] = [];

/** `link`: the user that the value names by its id. */
export function decodeGraph(link: string, value: GraphValue | undefined, project: string): Graph {
  const user = link === '' ? '' : `u:${project}\0${link}`;
  if (value === undefined)
    return { link: user, edge: undefined, apart: none, refused: none, joint: undefined };
  const { edge, joint } = value;
  return {
    link: value.link === undefined ? user : lengthen(value.link, project),
    edge: edge && { reason: edge[0] as LinkReason, at: edge[1], by: edge[2] },
    apart: value.apart?.map((id) => lengthen(id, project)) ?? none,
    refused: value.refused?.map((id) => lengthen(id, project)) ?? none,
    joint: joint && decodeJoint(joint, project),
  };
}

function encodeJoint(joint: Joint): JointValue {
  return [
    joint.anonymous,
    joint.firstSeen,
    joint.lastSeen,
    joint.accounts.map(({ kind, id, at }) => [kind, id, at] as const),
    joint.bearers.map(shorten),
  ];
}

function decodeJoint(value: JointValue, project: string): Joint {
  const accounts: Belonging[] = value[3].map(([kind, id, at]) => ({ kind, id, at }));
  return {
    anonymous: value[0],
    firstSeen: value[1],
    lastSeen: value[2],
    accounts,
    bearers: value[4].map((id) => lengthen(id, project)),
  };
}

/** Undefined when there are none: nothing is stored then. */
export function encodeMembers(members: readonly string[]): string | undefined {
  return members.length === 0 ? undefined : JSON.stringify(members.map(shorten));
}

export function decodeMembers(text: string | undefined, project: string): readonly string[] {
  if (text === undefined) return [];
  const value = JSON.parse(text) as readonly IdValue[];
  return value.map((id) => lengthen(id, project));
}
