import type { Browser, BrowserContext } from 'playwright-core';
import { serveSite } from '../chromium.ts';
import type { Client } from './client.ts';
import type { Journey } from './journey.ts';

/** What a page of the site shows as its own. */
export const pagePath = '/pricing?tier=pro';

/**
 * Runs a browser client on a page of another origin until `arrived` says that all calls have come, then leaves the page and closes it when `more` have.
 * Offline, the calls are made without a network; whoever promises to keep them gets the network back on the next page.
 */
export async function runPages(
  browser: Browser,
  client: Client,
  journeyAt: (page: string) => Journey,
  offline: boolean,
  arrived: (more: number) => Promise<void>,
): Promise<Journey> {
  await using site = await serveSite(`import './parity/clients/browser/${client.program}.ts';`);
  const context = await browser.newContext();
  const errors: string[] = [];
  context.on('weberror', (error) => errors.push(String(error.error())));
  try {
    const journey = journeyAt(`${site.origin}${pagePath}`);
    const page = await open(context, site.origin, journey);
    if (offline) await context.setOffline(true);
    const failed = offline
      ? page.waitForEvent('requestfailed', { timeout: 15_000 }).catch(() => undefined)
      : undefined;
    await page.evaluate((asked) => (globalThis as unknown as Parity).parity.run(asked), journey);
    await failed;
    if (offline && client.offline === 'next page') {
      await page.goto('about:blank');
      await page.close();
      await context.setOffline(false);
      await open(context, site.origin, journey);
    } else if (offline) await context.setOffline(false);
    await arrived(0);
    for (const left of context.pages()) await left.goto('about:blank');
    await arrived(client.leaving?.length ?? 0);
    return journey;
  } catch (error) {
    throw new Error(`${client.name}: ${errors.join('; ') || 'no error on the page'}`, { cause: error });
  } finally {
    await context.close();
  }
}

interface Parity {
  readonly parity: { start(journey: Journey): unknown; run(journey: Journey): unknown };
}

async function open(context: BrowserContext, origin: string, journey: Journey) {
  const page = await context.newPage();
  await page.goto(`${origin}${pagePath}`);
  await page.evaluate((asked) => (globalThis as unknown as Parity).parity.start(asked), journey);
  return page;
}
