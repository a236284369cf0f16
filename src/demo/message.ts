import type { JsonValue } from '../contract/event.ts';

/** One item of a Segment batch, as the SDKs send it; history carries its own time in `originalTimestamp`. */
export interface Message {
  type: 'track' | 'page' | 'screen' | 'identify' | 'group';
  messageId: string;
  anonymousId?: string;
  userId?: string;
  groupId?: string;
  event?: string;
  name?: string;
  properties?: Facts;
  traits?: Facts;
  context: Context;
  originalTimestamp: string;
  timestamp: string;
}

export type Facts = Record<string, JsonValue>;

export type PageContext = {
  url: string;
  path: string;
  title: string;
  referrer: string;
  search: string;
};

export interface Context {
  readonly library: { readonly name: string; readonly version: string };
  readonly ip?: string;
  readonly userAgent?: string;
  readonly locale?: string;
  readonly timezone?: string;
  readonly screen?: { readonly width: number; readonly height: number; readonly density: number };
  readonly campaign?: {
    readonly name: string;
    readonly source: string;
    readonly medium: string;
    readonly term?: string;
    readonly content?: string;
  };
  readonly app?: {
    readonly name: string;
    readonly version: string;
    readonly build: string;
    readonly namespace: string;
  };
  readonly device?: {
    readonly id: string;
    readonly manufacturer: string;
    readonly model: string;
    readonly name: string;
    readonly type: string;
  };
  readonly os?: { readonly name: string; readonly version: string };
  readonly network?: { readonly wifi: boolean; readonly cellular: boolean };
  readonly page?: PageContext;
  groupId?: string;
}
