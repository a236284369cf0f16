// biome-ignore lint/performance/noBarrelFile: the face of this folder; nothing outside imports past it
export { planRewind } from './range.ts';
export { newJob, Rewinder, type RewindPorts, shadowDatabase } from './rewinder.ts';
