import type { Command } from './command.ts';

/** Each command is loaded when it is asked for, so that `query` does not pay for the collector. */
export const commands: Readonly<Record<string, Command>> = {
  start: {
    usage: '',
    summary: 'run everything on this machine: collector, pipeline, warehouse, interface',
    guide: 'docs/operate.md',
    run: async (context) => (await import('./start.ts')).start(context),
  },
  query: {
    usage: '"SELECT …"',
    summary: 'ask the running warehouse; --format CSV, JSONEachRow, Parquet, …',
    options: ['format'],
    guide: 'docs/sql.md',
    run: async (context) => (await import('./query.ts')).query(context),
  },
  import: {
    usage: 'FILE…',
    summary: 'bring history in: exports of other products, CSV, JSON lines, Parquet; --check, --compare',
    options: ['format', 'map', 'key', 'to', 'positions'],
    switches: ['check', 'compare'],
    guide: 'docs/import.md',
    run: async (context) => (await import('./import.ts')).importFiles(context),
  },
  source: {
    usage: 'list | show S | create NAME | limit S | rotate S | revoke S',
    summary: 'what may send events; S is a name, key or id of a source; --json',
    options: [
      'project',
      'door',
      'key',
      'origins',
      'events',
      'rate',
      'name',
      'keep',
      'secret-file',
      'mapping-file',
    ],
    switches: ['json'],
    guide: 'docs/sources.md',
    run: async (context) => (await import('./source.ts')).source(context),
  },
  plan: {
    usage: '[MODEL…] | check | diff | write',
    summary:
      'say which models would be brought up to date, and why; of the tracking plan: what its changes since --base break, what they are, files of what was accepted in the interface; --at, --json',
    options: ['at', 'base', 'project'],
    switches: ['json'],
    guide: 'docs/tracking-plan.md',
    run: async (context) => (await import('./models.ts')).plan(context),
  },
  run: {
    usage: '[MODEL…]',
    summary:
      'bring the models up to date; +name: and what it is made of, name+: and what is made of it; --at, --json',
    options: ['at'],
    switches: ['json'],
    run: async (context) => (await import('./models.ts')).run(context),
  },
  backfill: {
    usage: 'MODEL…',
    summary:
      'build the intervals of a model that are missing between --from and --to, then what is made of it',
    options: ['from', 'to', 'at'],
    switches: ['plan', 'json'],
    run: async (context) => (await import('./models.ts')).backfill(context),
  },
  restate: {
    usage: 'MODEL…',
    summary:
      'build a model again (--from, --to: these intervals), then what is made of it; --plan only says so',
    options: ['from', 'to', 'at'],
    switches: ['plan', 'json'],
    run: async (context) => (await import('./models.ts')).restate(context),
  },
  'wipe-and-rebuild': {
    usage: 'MODEL…',
    summary: 'build a model again from nothing, without what only its table remembers',
    options: ['at'],
    switches: ['plan', 'json'],
    run: async (context) => (await import('./models.ts')).wipeAndRebuild(context),
  },
  person: {
    usage: 'list [TEXT] | show P | merge P Q | undo P ID | split P ID… | history [P] | export P | erase P',
    summary:
      'who is who: look, join two persons, take it back; P is any id of a person; --note, --preview, --json',
    options: ['project', 'note', 'file', 'rearrival'],
    switches: ['preview', 'json', 'yes'],
    guide: 'docs/identity.md',
    run: async (context) => (await import('./person.ts')).person(context),
  },
  privacy: {
    usage: 'try TEXT | erasures | export P | erase P | rotate-key',
    summary:
      'what is kept of a text, everything about a person as a file (--file), and its erasure (--yes, --rearrival drop|anew)',
    options: ['project', 'file', 'rearrival'],
    switches: ['yes', 'json'],
    guide: 'docs/privacy.md',
    run: async (context) => (await import('./privacy.ts')).privacy(context),
  },
  replicate: {
    usage: 'check | status | resnapshot SOURCE [TABLE…]',
    summary:
      'databases of workspace/sources: look for what is in the way, say how far they are, copy again; --json',
    switches: ['json'],
    guide: 'docs/replicate.md',
    run: async (context) => (await import('./replicate.ts')).replicate(context),
  },
  quarantine: {
    usage: 'list | show GROUP | replay GROUP | discard GROUP',
    summary: 'what failed, by cause, and sending it again: --transform FILE or --fix NAME, --project, --json',
    options: ['project', 'transform', 'fix', 'name'],
    switches: ['json'],
    guide: 'docs/quarantine.md',
    run: async (context) => (await import('./quarantine.ts')).quarantine(context),
  },
  email: {
    usage: 'link [URL…]',
    summary: 'make the signed pixel and links of an e-mail: --key, --message, --to or --user',
    options: ['key', 'message', 'to', 'user'],
    switches: ['json'],
    guide: 'docs/email.md',
    run: async (context) => (await import('./email.ts')).email(context),
  },
  tail: {
    usage: 'FILE…',
    summary: 'follow log files and send their lines: --key, --to, --from-start, --once, --format',
    options: ['key', 'to', 'format', 'service', 'hostname', 'positions'],
    switches: ['from-start', 'once'],
    guide: 'docs/logs.md',
    run: async (context) => (await import('./tail.ts')).tailCommand(context),
  },
  types: {
    usage: '[FILE]',
    summary:
      'write the TypeScript types of the tracking plan (workspace/schemas/*.json); --check, FILE - for stdout',
    switches: ['check'],
    guide: 'docs/tracker.md',
    run: async (context) => (await import('./types.ts')).types(context),
  },
  archive: {
    usage: 'status | now | read',
    summary:
      'the raw archive: what it holds, write what waits, its records as lines (--project, --from, --to); --json',
    options: ['project', 'from', 'to'],
    switches: ['json'],
    guide: 'docs/rewind.md',
    run: async (context) => (await import('./archive.ts')).archive(context),
  },
  rewind: {
    usage: 'plan | run | diff | swap | discard | status',
    summary:
      'process a range of the past again (--from, --to; else everything), see the difference, swap it in; --project, --json',
    options: ['project', 'from', 'to'],
    switches: ['json'],
    guide: 'docs/rewind.md',
    run: async (context) => (await import('./rewind.ts')).rewind(context),
  },
  doctor: {
    usage: '',
    summary: 'say what is wrong with ports, disk, memory, configuration and versions',
    guide: 'docs/operate.md',
    run: async (context) => (await import('./doctor.ts')).doctor(context),
  },
  link: {
    usage: '[email]',
    summary: 'make a one-time sign-in link (for the first administrator, or for the address given)',
    guide: 'docs/operate.md',
    run: async (context) => (await import('./link.ts')).link(context),
  },
  web: {
    usage: '',
    summary: '',
    run: async (context) => (await import('../roles/web.ts')).web(context.config),
  },
  process: {
    usage: '',
    summary: '',
    run: async (context) => (await import('../roles/process.ts')).processRole(context.config),
  },
  demo: {
    usage: '',
    summary: '',
    run: async (context) => (await import('../roles/demo.ts')).demo(context.config),
  },
};
