import type { Consent, JsonObject } from '../../contract/event.ts';
import { isObject } from './fields.ts';

/**
 * Consent as Segment's consent wrappers (`context.consent.categoryPreferences`) and RudderStack (`context.consentManagement`) stamp it on every
 * event. What the categories are called is the site's choice: `denied` says that none is allowed.
 */
export function consentOfContext(context: JsonObject): Consent | undefined {
  const { consent, consentManagement } = context;
  if (isObject(consent) && isObject(consent.categoryPreferences)) {
    const answers = Object.values(consent.categoryPreferences).filter(
      (answer) => typeof answer === 'boolean',
    );
    if (answers.length > 0) return answers.includes(true) ? 'granted' : 'denied';
  }
  if (isObject(consentManagement)) {
    const { allowedConsentIds: allowed, deniedConsentIds: denied } = consentManagement;
    if (Array.isArray(allowed) && allowed.length > 0) return 'granted';
    if (Array.isArray(denied) && denied.length > 0) return 'denied';
  }
  return undefined;
}
