import type { Door } from '../../src/contract/source.ts';
import { type Snippet, snippets } from '../snippet/snippets.ts';

/** What to enter where, so that the sender of a door sends here. */
export function setupOf(door: Door): readonly Snippet[] {
  if (door === 'tracker') return snippets;
  return setups[door];
}

const hook = (origin: string, key: string): string => `${origin}/hook/${encodeURIComponent(key)}`;

function webhook(label: string, where: string, code = hook): readonly Snippet[] {
  return [{ id: label, label, where, code }];
}

const otlp: Snippet = {
  id: 'otlp',
  label: 'OpenTelemetry',
  where: 'In the environment of the program, or of a collector',
  code: (origin, key) => `OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=${origin}/v1/logs
OTEL_EXPORTER_OTLP_LOGS_PROTOCOL=http/protobuf
OTEL_EXPORTER_OTLP_LOGS_HEADERS=x-tributary-key=${key}`,
};

const tail: Snippet = {
  id: 'tail',
  label: 'Files',
  where: 'On the machine that has the files; follows rotation and goes on where it stopped',
  code: (origin, key) => `npm run tributary -- tail --to ${origin} --key ${key} '/var/log/nginx/*.log'`,
};

const filebeat: Snippet = {
  id: 'filebeat',
  label: 'Filebeat',
  where: 'In filebeat.yml; Logstash and the Elasticsearch clients take the same',
  code: (origin, key) => `output.elasticsearch:
  hosts: ["${origin}"]
  username: "tributary"
  password: "${key}"
setup.template.enabled: false
setup.ilm.enabled: false`,
};

const vector: Snippet = {
  id: 'vector',
  label: 'Vector',
  where: 'In vector.yaml',
  code: (origin, key) => `sinks:
  tributary:
    type: elasticsearch
    inputs: ["*"]
    endpoints: ["${origin}"]
    auth: { strategy: basic, user: tributary, password: "${key}" }`,
};

const fluentBit: Snippet = {
  id: 'fluent-bit',
  label: 'Fluent Bit',
  where: 'In fluent-bit.conf',
  code: (origin, key) => {
    const { hostname, port, protocol } = new URL(origin);
    const secure = protocol === 'https:';
    return `[OUTPUT]
    Name         es
    Match        *
    Host         ${hostname}
    Port         ${port || (secure ? '443' : '80')}
    tls          ${secure ? 'On' : 'Off'}
    HTTP_User    tributary
    HTTP_Passwd  ${key}
    Suppress_Type_Name On`;
  },
};

const heroku: Snippet = {
  id: 'heroku',
  label: 'Heroku',
  where: 'In a terminal; the address must be https and public',
  code: (origin, key) => {
    const { protocol, host } = new URL(origin);
    return `heroku drains:add '${protocol}//tributary:${encodeURIComponent(key)}@${host}/logplex' --app your-app`;
  },
};

const setups: Readonly<Record<Exclude<Door, 'tracker'>, readonly Snippet[]>> = {
  stripe: webhook('Stripe', 'Developers → Webhooks → Add endpoint; then enter its signing secret below'),
  slack: webhook('Slack', 'Event Subscriptions → Request URL, after the signing secret is entered below'),
  github: webhook('GitHub', 'Settings → Webhooks → Payload URL, content type application/json'),
  telegram: webhook(
    'Telegram',
    'In a terminal, with the token of the bot',
    (origin, key) => `curl 'https://api.telegram.org/botYOUR_BOT_TOKEN/setWebhook' \\
  -d url='${hook(origin, key)}' \\
  -d secret_token='THE_SECRET_TOKEN_OF_THIS_SOURCE'`,
  ),
  sendgrid: webhook('SendGrid', 'Settings → Mail Settings → Event Webhook, signed'),
  mailgun: webhook('Mailgun', 'Sending → Webhooks, for each kind of event'),
  postmark: webhook('Postmark', 'Message stream → Webhooks'),
  ses: webhook(
    'Amazon SES',
    'An SNS topic’s HTTPS subscription, raw delivery off; it is confirmed by itself',
  ),
  generic: webhook(
    'Any JSON',
    'Whoever can POST; a mapping makes events of other shapes',
    (origin, key) => `curl '${hook(origin, key)}' \\
  -H 'content-type: application/json' \\
  -d '{"event": "Meeting booked", "userId": "user_42", "properties": {"minutes": 30}}'`,
  ),
  email: [
    {
      id: 'email',
      label: 'E-mail links',
      where: 'Links and pixels are made per message and recipient',
      code: (_origin, key) =>
        `npm run tributary -- email link --key ${key} --message welcome --to ada@example.com https://example.com/start`,
    },
  ],
  logs: [otlp, tail, filebeat, vector, fluentBit, heroku],
  import: [
    {
      id: 'import',
      label: 'History from files',
      where: 'On the machine that has the files; can be stopped and started again',
      code: (origin, key) => `npm run tributary -- import export.jsonl.gz --to ${origin} --key ${key}`,
    },
  ],
};
