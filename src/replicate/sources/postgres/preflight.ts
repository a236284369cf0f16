import type pg from 'pg';
import type { Finding } from '../../source.ts';
import type { SourceFile } from '../../source-file.ts';
import { type CatalogTable, isChosen, obstacle, qualified, readTables, targetName } from './catalog.ts';
import { placeOf, rowsOf } from './connect.ts';
import { publicationName, slotName } from './names.ts';
import { readPublication } from './publication.ts';
import { readSlot } from './slot.ts';
import { suggestions } from './suggestions.ts';

const [oldest, newest] = [13, 17];

/** Everything that commonly keeps a PostgreSQL from being replicated, in plain words. Changes nothing. */
export async function checkPostgres(client: pg.Client, file: SourceFile): Promise<Finding[]> {
  const [facts = {}] = await rowsOf(client, factsQuery, [slotName(file)]);
  const tables = await readTables(client);
  const chosen = tables.filter((table) => isChosen(file, table));
  return [
    { verdict: 'ok', about: 'Connection', says: `${placeOf(file.url)} answers as ${facts.role ?? 'a user'}` },
    version(Number(facts.version)),
    logLevel(facts),
    primary(facts),
    rights(facts),
    ...(await slots(client, file, facts)),
    await publication(client, file, facts, chosen),
    ...names(file, chosen),
    ...tableFindings(chosen, tables.length),
    ...suggestions(file, chosen),
  ];
}

const factsQuery = `
  SELECT current_setting('server_version_num')::int / 10000 AS version, current_setting('wal_level') AS level, current_user AS role,
    pg_is_in_recovery() AS standby, current_setting('max_slot_wal_keep_size') AS keeps, current_setting('wal_sender_timeout') AS patience,
    current_setting('max_replication_slots')::int - (SELECT count(*) FROM pg_replication_slots WHERE slot_name <> $1) AS slots,
    current_setting('max_wal_senders')::int - (SELECT count(*) FROM pg_stat_replication) AS senders,
    has_database_privilege(current_database(), 'CREATE') AS creates,
    (SELECT rolsuper OR rolreplication OR EXISTS (SELECT FROM pg_roles g WHERE g.rolname = 'rds_replication' AND pg_has_role(r.oid, g.oid, 'MEMBER'))
     FROM pg_roles r WHERE rolname = current_user) AS replicates`;

type Facts = Readonly<Record<string, string | null>>;

function version(major: number): Finding {
  const about = 'Version';
  if (major < oldest)
    return {
      verdict: 'wrong',
      about,
      says: `PostgreSQL ${major} cannot publish partitioned tables as one`,
      remedy: `upgrade to ${oldest} or later`,
    };
  if (major > newest)
    return { verdict: 'warn', about, says: `PostgreSQL ${major} is newer than what was tried (${newest})` };
  return { verdict: 'ok', about, says: `PostgreSQL ${major}` };
}

function logLevel({ level }: Facts): Finding {
  const about = 'wal_level';
  if (level === 'logical') return { verdict: 'ok', about, says: 'logical' };
  return {
    verdict: 'wrong',
    about,
    says: `${level}: the server’s log does not tell which rows change`,
    remedy:
      'ALTER SYSTEM SET wal_level = logical, then restart the server (Amazon RDS: rds.logical_replication = 1)',
  };
}

function primary({ standby }: Facts): Finding {
  const about = 'Server';
  if (standby !== 't') return { verdict: 'ok', about, says: 'a primary' };
  return {
    verdict: 'wrong',
    about,
    says: 'a standby, where no publication can be made and slots are lost in a failover',
    remedy: 'give the address of the primary',
  };
}

function rights({ replicates, role }: Facts): Finding {
  const about = 'Right';
  if (replicates === 't') return { verdict: 'ok', about, says: `${role} may read the log` };
  return {
    verdict: 'wrong',
    about,
    says: `${role} may not read the server’s log`,
    remedy: `ALTER ROLE ${role} REPLICATION (Amazon RDS: GRANT rds_replication TO ${role})`,
  };
}

async function slots(client: pg.Client, file: SourceFile, facts: Facts): Promise<Finding[]> {
  const name = slotName(file);
  const slot = facts.standby === 't' ? undefined : await readSlot(client, name);
  const found: Finding[] = [];
  if (slot?.lost)
    found.push({
      verdict: 'warn',
      about: 'Slot',
      says: `${name} cannot be used any more: ${slot.lost}`,
      remedy: 'nothing: it is made again, and all tables are copied again',
    });
  else if (!slot && Number(facts.slots) < 1)
    found.push({
      verdict: 'wrong',
      about: 'Slots',
      says: 'all replication slots of the server are in use',
      remedy:
        'raise max_replication_slots and restart the server, or drop a slot that nobody reads (pg_replication_slots)',
    });
  else found.push({ verdict: 'ok', about: 'Slot', says: slot ? `${name} is there` : `${name} will be made` });
  if (Number(facts.senders) < 1)
    found.push({
      verdict: 'wrong',
      about: 'Senders',
      says: 'all connections for reading the log are in use',
      remedy: 'raise max_wal_senders and restart the server',
    });
  if (facts.keeps === '-1')
    found.push({
      verdict: 'warn',
      about: 'Log kept',
      says: 'without a limit: should Tributary be stopped for long, the server’s disk fills',
      remedy: 'set max_slot_wal_keep_size to what the disk can spare, two days of writes at least',
    });
  return found;
}

async function publication(
  client: pg.Client,
  file: SourceFile,
  facts: Facts,
  chosen: readonly CatalogTable[],
): Promise<Finding> {
  const about = 'Publication';
  const name = publicationName(file);
  const known = await readPublication(client, name);
  const fit = chosen.filter((table) => !obstacle(table));
  if (known && !(known.viaRoot && known.isWhole))
    return {
      verdict: 'wrong',
      about,
      says: `${name} does not publish everything that happens`,
      remedy: `ALTER PUBLICATION ${name} SET (publish = 'insert, update, delete, truncate', publish_via_partition_root = true)`,
    };
  const missing = known?.hasAllTables ? [] : fit.filter(({ id }) => !known?.tables.has(id));
  if (missing.length === 0) return { verdict: 'ok', about, says: `${name} has the ${fit.length} tables` };
  const list = missing.map(qualified).join(', ');
  if (file.publication !== undefined)
    return {
      verdict: 'wrong',
      about,
      says: `${name} lacks ${list}`,
      remedy: known
        ? `ALTER PUBLICATION ${name} ADD TABLE ${list}`
        : `CREATE PUBLICATION ${name} FOR TABLE ${list} WITH (publish_via_partition_root = true)`,
    };
  const foreign = missing.filter(({ isOwned }) => !isOwned);
  if (foreign.length > 0 || (!known && facts.creates !== 't'))
    return {
      verdict: 'wrong',
      about,
      says: `${facts.role} cannot publish ${foreign.length > 0 ? foreign.map(qualified).join(', ') : 'in this database'}: only the owner of a table can, with the right CREATE on the database`,
      remedy: `as the owner: CREATE PUBLICATION ${name} FOR TABLE ${list} WITH (publish_via_partition_root = true), and publication: ${name} in the file`,
    };
  return { verdict: 'ok', about, says: `${name} will have ${fit.length} tables` };
}

/** Two tables of the source that would be one in the warehouse. */
function names(file: SourceFile, chosen: readonly CatalogTable[]): Finding[] {
  const byTarget = Map.groupBy(chosen, (table) => targetName(file, table));
  return [...byTarget]
    .filter(([, tables]) => tables.length > 1)
    .map(([target, tables]) => ({
      verdict: 'wrong',
      about: 'Names',
      says: `${tables.map(qualified).join(' and ')} would both be app.${target}`,
      remedy: 'exclude one of them, or replicate it by a file of its own with a prefix',
    }));
}

function tableFindings(chosen: readonly CatalogTable[], all: number): Finding[] {
  const fit = chosen.filter((table) => !obstacle(table));
  const found: Finding[] = [
    fit.length > 0
      ? { verdict: 'ok', about: 'Tables', says: `${fit.length} of ${all} are replicated` }
      : {
          verdict: 'wrong',
          about: 'Tables',
          says: `none of the ${all} tables is chosen and can be replicated`,
          remedy: 'look at tables.include and at the findings below',
        },
  ];
  for (const table of chosen) {
    const reason = obstacle(table);
    if (reason)
      found.push({
        verdict: 'warn',
        about: 'Left out',
        says: `${qualified(table)}: ${reason.says}`,
        remedy: reason.remedy,
      });
    else if (table.columns.some(({ isGenerated }) => isGenerated))
      found.push({
        verdict: 'ok',
        about: 'Computed',
        says: `${qualified(table)} has computed columns, which are read again with every change of a row`,
      });
  }
  return found;
}
