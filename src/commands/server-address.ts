import { TributaryError } from '../runtime/errors.ts';

/** The value of `--to`: where a Tributary answers. What is no address would be tried again for ever. */
export function serverAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return text.replace(/\/+$/, '');
  throw new TributaryError('bad-request', `--to: "${text}" is no address such as https://events.example.com`);
}
