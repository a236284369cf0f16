import { RecentCache } from './recent.ts';

/** Public suffixes of two labels that sites of companies are commonly found under, and hosts that give each customer a name. */
const secondLevel = new Set([
  'co',
  'com',
  'org',
  'net',
  'gov',
  'ac',
  'edu',
  'or',
  'ne',
  'go',
  'gob',
  'nom',
  'in',
]);
const sharedHosts = new Set([
  'github.io',
  'gitlab.io',
  'vercel.app',
  'netlify.app',
  'pages.dev',
  'workers.dev',
  'herokuapp.com',
  'web.app',
  'firebaseapp.com',
  'blogspot.com',
  'wordpress.com',
  'wixsite.com',
  'webflow.io',
  'myshopify.com',
  'notion.site',
  'substack.com',
  'tumblr.com',
  'azurewebsites.net',
  'cloudfront.net',
  'onrender.com',
  'fly.dev',
  'appspot.com',
]);

const recent = new RecentCache<string>(5_000);

/**
 * The registrable part of a host: `app.example.co.uk` → `example.co.uk`. A short rule of thumb instead of the public suffix
 * list (300 KB): a wrong answer only decides whether a visit from a sister host counts as internal.
 */
export function siteOf(host: string): string {
  let site = recent.get(host);
  if (site === undefined) {
    site = findSite(host);
    if (host.length <= 255) recent.set(host, site);
  }
  return site;
}

function findSite(host: string): string {
  const labels = host.split('.');
  if (labels.length <= 2 || /^[\d.]+$/.test(host)) return host;
  const lastTwo = labels.slice(-2).join('.');
  const [second = '', top = ''] = labels.slice(-2);
  const deep = sharedHosts.has(lastTwo) || (top.length === 2 && secondLevel.has(second));
  return deep ? labels.slice(-3).join('.') : lastTwo;
}
