// A private PostgreSQL for the peers that need one. Its cluster is made once and serves all rounds;
// each open starts with an empty database. "full" is synchronous_commit on, its own setting;
// "normal" is off.
import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { listening, start, stop } from './server.mjs';

const INSTALLED = '/usr/lib/postgresql';
const STARTING_UP = '57P03';

// Where the newest one's programs are; '' leaves it to PATH.
function programs() {
  if (!existsSync(INSTALLED)) return '';
  const newest = readdirSync(INSTALLED).sort((a, b) => Number(b) - Number(a))[0];
  return newest ? `${INSTALLED}/${newest}/bin/` : '';
}

// PostgreSQL refuses to run as root, so there it runs as the user that Debian's package makes.
function owner() {
  if (process.getuid() !== 0) return {};
  const number = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: number('-u'), gid: number('-g') };
}

function makeCluster(cluster, who) {
  mkdirSync(cluster, { mode: 0o700 });
  if (who.uid !== undefined) chownSync(cluster, who.uid, who.gid);
  execFileSync(`${programs()}initdb`, ['-D', cluster, '-U', 'bench', '-A', 'trust', '-E', 'UTF8'], {
    stdio: ['ignore', 'ignore', 'inherit'], cwd: '/', ...who,
  });
}

async function startServer(place, cluster, commit) {
  const who = owner();
  if (!existsSync(cluster)) makeCluster(cluster, who);
  const settings = {
    listen_addresses: '', unix_socket_directories: cluster, synchronous_commit: commit,
    log_min_messages: 'panic', log_min_error_statement: 'panic',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = start(place, `${programs()}postgres`, ['-D', cluster, ...flags],
    { cwd: '/', ...who });
  await listening(child, join(cluster, '.s.PGSQL.5432'));
  return child;
}

// A server that has just begun to listen may still refuse.
async function connected(url) {
  for (;;) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => {});
      if (error.code !== STARTING_UP) throw error;
      await sleep(20);
    }
  }
}

async function ask(url, ...statements) {
  const client = await connected(url);
  let answer;
  for (const statement of statements) answer = await client.query(statement);
  await client.end();
  return answer.rows[0];
}

export async function openPostgres(place) {
  const cluster = join(place.shared, 'postgres');
  const commit = place.durability === 'full' ? 'on' : 'off';
  const url = (name) => `postgres://bench@localhost/${name}?host=${encodeURIComponent(cluster)}`;
  const server = place.joins ? null : await startServer(place, cluster, commit);
  if (server) {
    await ask(url('postgres'), 'DROP DATABASE IF EXISTS works', 'CREATE DATABASE works');
  }
  return {
    url: url('works'),
    settings: `PostgreSQL synchronous_commit ${commit}`,
    servers: server ? [server.pid] : [],
    bytes: async () => Number((await ask(url('works'),
      'SELECT pg_database_size(current_database()) AS size')).size),
    // SIGINT ends its sessions and what they do.
    close: async () => server && stop(server, 'SIGINT'),
  };
}
