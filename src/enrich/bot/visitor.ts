import type { Draft } from '../step.ts';

/** Somebody's browser or app speaks, or a server that passes on what that said; what only a server says is not judged. */
export function ofVisitor({ event }: Draft): boolean {
  return (
    event.userAgent !== undefined ||
    event.device !== undefined ||
    (event.url !== undefined && inBrowser(event.library))
  );
}

/** Native apps rightly use the names of HTTP libraries, and no headers of browsers. */
export function ofApp({ event }: Draft): boolean {
  return event.device !== undefined && event.url === undefined;
}

/** Trackers that only ever run in a browser, where a user agent cannot be missing. */
export function inBrowser(library: string | undefined): boolean {
  return library !== undefined && browserLibrary.test(library);
}

const browserLibrary =
  /^(analytics\.js|analytics-next|npm:next-|js[-/]\d|RudderLabs JavaScript|posthog-js|tributary-js)/i;
