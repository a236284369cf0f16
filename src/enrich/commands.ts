import type { Command, CommandItem } from '../contract/command.ts';
import type { Memory } from './memory.ts';

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
};

function handlerOf<Kind extends Command['kind']>(command: Extract<Command, { kind: Kind }>): Handler<Kind> {
  return handlers[command.kind as Kind];
}

export function keysOfCommands(commands: readonly CommandItem[], keys: Set<string>): void {
  for (const { command, record } of commands)
    for (const key of handlerOf(command).keys(command, record.project)) keys.add(key);
}

/** Commands come before the events of their batch, in the order in which they were given. */
export function applyCommands(commands: readonly CommandItem[], memory: Memory): void {
  for (const item of commands) handlerOf(item.command).apply(item.command, item, memory);
}
