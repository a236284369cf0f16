import { errors } from './errors.ts';
import type { More } from './script.ts';
import { vitals } from './vitals.ts';

/** The second file of the script tag, which the first one fetches when the page is there. */
const { core, caught } = (window as unknown as { tributary: { more: More } }).tributary.more;
vitals()(core);
if (caught) errors(caught)(core);
