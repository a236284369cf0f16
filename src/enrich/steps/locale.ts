import { RecentCache } from '../recent.ts';
import type { Draft, Step } from '../step.ts';

/** Language as a BCP 47 tag in its usual spelling (`en-US`, `zh-Hant`), time zone as the client named it. */
export const localeStep: Step = { name: 'locale', run: readLocale };

const recent = new RecentCache<string>(1_000);

let lastZone = '';
let lastIsZone = false;

function readLocale({ event, row }: Draft): undefined {
  if (event.locale !== undefined) {
    let language = recent.get(event.locale);
    if (language === undefined) {
      language = languageTag(event.locale);
      recent.set(event.locale.slice(0, 64), language);
    }
    row.language = language;
  }
  if (event.timezone === undefined) return;
  if (event.timezone !== lastZone) {
    lastZone = event.timezone;
    lastIsZone = /^[A-Za-z0-9_+\-/:]{1,64}$/.test(lastZone);
  }
  if (lastIsZone) row.timezone = lastZone;
}

/** `en_US.UTF-8`, `EN-us`, `en-US,en;q=0.9` → `en-US`; '' when it is no tag. */
function languageTag(text: string): string {
  const tag =
    text
      .slice(0, 64)
      .split(/[,;.@]/, 1)[0]
      ?.trim()
      .replaceAll('_', '-') ?? '';
  try {
    return Intl.getCanonicalLocales(tag)[0]?.slice(0, 35) ?? '';
  } catch {
    return '';
  }
}
