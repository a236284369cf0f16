import { existsSync } from 'node:fs';
import type { Config } from '../config.ts';
import { placesOf } from '../roles/places.ts';
import { TributaryError } from '../runtime/errors.ts';
import { openStore, type Store } from '../store/store.ts';

/** The store of an installation that was started before; a mistyped folder is an error, not a new installation. */
export function openExistingStore(config: Config): Store {
  if (!existsSync(placesOf(config).store)) {
    throw new TributaryError(
      'not-found',
      `${config.data} is not a data folder of Tributary; start it first, or pass --data`,
    );
  }
  return openStore({ url: config.store, data: config.data, secretKey: config['secret-key'] });
}
