import type { Command, CommandItem } from '../contract/command.ts';
import { applyPersonCommand, isPersonCommand, personCommandKeys } from './identity/commands.ts';
import type { Memory, Subject } from './memory.ts';

/** What a kind of command does to what is remembered. */
interface Handler<Kind extends Command['kind']> {
  /** Ids in state that it must know; those of its project's settings are there anyway. */
  keys(command: Extract<Command, { kind: Kind }>, project: string): readonly string[];
  apply(command: Extract<Command, { kind: Kind }>, item: CommandItem, memory: Memory): void;
}

/** Every kind of command: one more is one more line. */
const handlers: { readonly [Kind in Command['kind']]: Handler<Kind> } = {
  settings: {
    keys: () => [],
    apply: ({ settings }, { record }, memory) => memory.changeSettings(record.project, settings),
  },
  plan: {
    keys: () => [],
    apply: ({ plan }, { record }, memory) => memory.plans.change(record.project, plan),
  },
  merge: { keys: personCommandKeys, apply: applyPersonCommand },
  undo: { keys: personCommandKeys, apply: applyPersonCommand },
  split: { keys: personCommandKeys, apply: applyPersonCommand },
};

function handlerOf<Kind extends Command['kind']>(command: Extract<Command, { kind: Kind }>): Handler<Kind> {
  return handlers[command.kind as Kind];
}

export function keysOfCommands(commands: readonly CommandItem[], keys: Set<string>): void {
  for (const { command, record } of commands)
    for (const key of handlerOf(command).keys(command, record.project)) keys.add(key);
}

/** The persons that commands join or part: all of their ids must be read. */
export function personsOfCommands(commands: readonly CommandItem[], memory: Memory): Subject[] {
  return commands.flatMap(({ command, record }) =>
    isPersonCommand(command)
      ? personCommandKeys(command, record.project).map((key) => memory.subject(key))
      : [],
  );
}

/** Commands come before the events of their batch, in the order in which they were given. */
export function applyCommands(commands: readonly CommandItem[], memory: Memory): void {
  for (const item of commands) handlerOf(item.command).apply(item.command, item, memory);
}
