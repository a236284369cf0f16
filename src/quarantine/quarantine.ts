// biome-ignore lint/performance/noBarrelFile: the face of this folder; nothing outside imports past it
export { discard } from './discard.ts';
export { DryRuns } from './dry-run.ts';
export type { FixParts } from './fix.ts';
export { quarantineGroups } from './groups.ts';
export { countItems, newestOffset, quarantineItems } from './items.ts';
export { outcomesOfReplays } from './outcomes.ts';
export { keepReplaying } from './replayer.ts';
