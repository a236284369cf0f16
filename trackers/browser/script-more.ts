import { errors } from './errors.ts';
import type { More } from './script.ts';
import { vitals } from './vitals.ts';

/** The second file of the script tag, which the first one fetches. */
const { core, wantsErrors } = (window as unknown as { tributary: { more: More } }).tributary.more;
vitals()(core);
if (wantsErrors) errors()(core);
