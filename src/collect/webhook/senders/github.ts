import type { JsonObject } from '../../../contract/event.ts';
import { isObject, number, object, text, time } from '../../event/fields.ts';
import { genuine, header, refused, type Sender, said, stranger, withSecret } from '../sender.ts';
import { hmac, isHex } from '../signature.ts';

/**
 * GitHub's webhooks; signatures: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries. They carry
 * no time; a delivery that is sent again has the same X-GitHub-Delivery.
 */
export const github: Sender = {
  door: 'github',
  keeps: ['x-github-event', 'x-github-delivery', 'x-github-hook-id'],

  check: (call) =>
    withSecret(call, 'secret', (secret) =>
      isHex(
        hmac('sha256', secret, call.body),
        (header(call.headers, 'x-hub-signature-256') ?? '').replace(/^sha256=/, ''),
      )
        ? genuine
        : refused('X-Hub-Signature-256 is not the signature of this body with the secret of this source'),
    ),

  event: (body, { headers }) => {
    if (!isObject(body)) return { reason: 'not an object', detail: 'GitHub sends a JSON object' };
    const kind = headers['x-github-event'];
    if (kind === undefined) return { reason: 'unknown type', detail: 'the header X-GitHub-Event is missing' };
    if (kind === 'ping') return { nothing: 'ping' };
    const action = text(body.action);
    const sender = object(body.sender);
    const repository = object(body.repository);
    const organization = object(body.organization);
    const account = text(organization.login) ?? text(object(repository.owner).login);
    const user = text(sender.id);
    const thing = thingOf(body, kind);
    return {
      type: 'track',
      event: ['github', kind.replaceAll('_', ' '), action?.replaceAll('_', ' ')].filter(Boolean).join(' '),
      id: stranger('github', headers['x-github-delivery']),
      // a commit is as old as its author says; what counts is when it was pushed
      trueAt: kind === 'push' ? undefined : changedAt(thing, action),
      anonymousId: stranger('github', user ?? account),
      accountId: account,
      accountKind: account === undefined ? undefined : 'github_owner',
      properties: said({
        sender: 'github',
        githubUser: text(sender.login),
        bot: text(sender.type) === 'Bot' ? true : undefined,
        repository: text(repository.full_name),
        private: typeof repository.private === 'boolean' ? repository.private : undefined,
        action,
        number: number(thing.number),
        title: text(thing.title)?.slice(0, 500),
        state: text(thing.state),
        url: text(thing.html_url) ?? text(body.compare),
        merged: typeof thing.merged === 'boolean' ? thing.merged : undefined,
        additions: number(thing.additions),
        deletions: number(thing.deletions),
        ...(kind === 'push' ? pushed(body) : {}),
        ref: text(body.ref),
        tag: text(thing.tag_name),
        conclusion: text(thing.conclusion),
        stars: kind === 'star' || kind === 'watch' ? number(repository.stargazers_count) : undefined,
      }),
      person: user === undefined ? undefined : { set: said({ githubLogin: text(sender.login) }) },
    };
  },
};

/** What the event is about, where the payload has it under the event's own name or that of what it belongs to. */
function thingOf(body: JsonObject, kind: string): JsonObject {
  const names = [
    kind,
    'pull_request',
    'issue',
    'release',
    'workflow_run',
    'check_run',
    'discussion',
    'deployment',
  ];
  for (const name of kind === 'issues' ? ['issue'] : names) {
    const thing = body[name];
    if (isObject(thing)) return thing;
  }
  return {};
}

function changedAt(thing: JsonObject, action: string | undefined): number | undefined {
  if (action === 'opened' || action === 'created') return time(thing.created_at);
  return time(thing.updated_at) ?? time(thing.published_at) ?? time(thing.created_at);
}

function pushed(body: JsonObject): JsonObject {
  const commits: readonly unknown[] = Array.isArray(body.commits) ? body.commits : [];
  return said({
    commits: commits.length,
    head: text(body.after),
    forced: body.forced === true ? true : undefined,
    created: body.created === true ? true : undefined,
    deleted: body.deleted === true ? true : undefined,
  });
}
