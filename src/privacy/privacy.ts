import { Masker } from './masker.ts';
import { mayHold } from './quick.ts';
import { type Rules, rulesOf } from './rules.ts';

export { Masker, mayHold, type Rules, rulesOf };
