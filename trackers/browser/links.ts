import type { Part } from './types.ts';

const files = /\.(?:pdf|docx?|xlsx?|pptx?|csv|zip|rar|7z|t?gz|dmg|pkg|exe|msi|apk|mp[34]|mov|epub)$/i;

/** Clicks on links to other sites and to files. */
export const links =
  (): Part =>
  ({ on, add }) => {
    const look = ({ target, button }: MouseEvent): void => {
      const link = (target as Element).closest<HTMLAnchorElement>('a[href]');
      if (!link || button > 1) return;
      const { href: url, host, protocol, pathname } = link;
      if (link.hasAttribute('download') || files.test(pathname)) add('track', '$download', { url });
      else if (host !== location.host && protocol.startsWith('http')) add('track', '$outbound', { url });
    };
    on(document, 'click', look);
    // the middle button
    on(document, 'auxclick', look);
  };

/** Clicks on what says its event itself: `<button data-track="Plan chosen" data-track-plan="pro">`. */
export const marked =
  (): Part =>
  ({ on, add }) =>
    on(document, 'click', ({ target }: MouseEvent) => {
      const element = (target as Element).closest<HTMLElement>('[data-track]');
      if (!element) return;
      const properties: Record<string, unknown> = {};
      for (const name in element.dataset) {
        const own = /^track(.)(.*)/.exec(name) as string[] | null;
        if (own) properties[(own[1] as string).toLowerCase() + own[2]] = element.dataset[name];
      }
      add('track', element.dataset.track, properties);
    });

/** Forms that are sent: which one, and where to; never what was written into it. */
export const forms =
  (): Part =>
  ({ on, add }) =>
    on(document, 'submit', ({ target }: Event) => {
      // attributes, since fields of the form may be called `id` and `action`
      const of = (name: string): string | undefined => (target as Element).getAttribute(name) || undefined;
      add('track', '$form_submit', { form: of('id') || of('name'), action: of('action') });
    });
