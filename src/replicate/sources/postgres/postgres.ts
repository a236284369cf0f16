import { messageOf } from '../../../runtime/errors.ts';
import type { Finding, Source } from '../../source.ts';
import type { SourceFile } from '../../source-file.ts';
import { connectPostgres } from './connect.ts';
import { checkPostgres } from './preflight.ts';
import { followPostgres } from './session.ts';

/** PostgreSQL 13 to 17, by logical replication with pgoutput. */
export function postgresSource(file: SourceFile): Source {
  return {
    name: file.name,
    kind: 'postgres',
    follow: (context) => followPostgres(file, context),
    check: () => check(file),
  };
}

async function check(file: SourceFile): Promise<Finding[]> {
  let client: Awaited<ReturnType<typeof connectPostgres>>;
  try {
    client = await connectPostgres({
      url: file.url,
      kind: 'statements',
      name: `tributary ${file.name} check`,
    });
  } catch (error) {
    return [
      {
        verdict: 'wrong',
        about: 'Connection',
        says: messageOf(error),
        remedy:
          'correct the url in the file, or let the server accept connections from here (pg_hba.conf, firewall)',
      },
    ];
  }
  try {
    return await checkPostgres(client, file);
  } finally {
    await client.end();
  }
}
