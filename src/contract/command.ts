import type { PlanSet } from './plan.ts';
import type { ProjectSettings } from './project-settings.ts';
import type { LogRecord } from './request.ts';
import type { IdKind } from './row.ts';

/**
 * What an operator changes about processing. It goes through the log like events do, and holds from its range of the log on: once,
 * repeatable after a crash, and in its place when the log is processed again.
 */
export type Command =
  | { readonly kind: 'settings'; readonly settings: ProjectSettings }
  | { readonly kind: 'plan'; readonly plan: PlanSet }
  | PersonCommand;

/** An id of a person, in the words of the warehouse. */
export interface PersonId {
  readonly kind: IdKind;
  readonly id: string;
}

/** `known`: ids that the warehouse knows of the persons, for those joined by versions that remembered none. */
export type PersonCommand = {
  readonly note: string;
  readonly known: readonly PersonId[];
} & (
  | { readonly kind: 'merge'; readonly from: PersonId; readonly into: PersonId }
  | { readonly kind: 'undo'; readonly alias: PersonId }
  | { readonly kind: 'split'; readonly ids: readonly PersonId[] }
);

/** A command on its way; the project is the record's. */
export interface CommandItem {
  readonly record: LogRecord;
  readonly command: Command;
  /** Who gave it: the id of a user or of an API key. */
  readonly by: string;
}

/** What decoding finds in the record of a command. */
export type GivenCommand = Omit<CommandItem, 'record'>;
