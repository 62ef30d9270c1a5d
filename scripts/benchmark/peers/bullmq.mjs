// BullMQ: a queue in Redis, whose append-only file is on. "normal" is appendfsync everysec, which
// its documentation advises; "full" is always.
import { FlowProducer, Queue, Worker } from 'bullmq';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { listening, start, stop } from './server.mjs';

// Between the 100 and 300 that its documentation advises for works that do not compute.
const CONCURRENCY = 100;

async function serve(place, socket, fsync) {
  const child = start(place, 'redis-server', [
    '--port', '0', '--unixsocket', socket, '--dir', place.folder, '--logfile', '/dev/null',
    '--appendonly', 'yes', '--appendfsync', fsync, '--save', '', '--maxmemory-policy', 'noeviction',
  ]);
  await listening(child, socket);
  return child;
}

function fileBytes(folder) {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

export async function open(place) {
  const socket = join(place.folder, 'redis.sock');
  const fsync = place.durability === 'full' ? 'always' : 'everysec';
  const server = place.joins ? null : await serve(place, socket, fsync);
  const connection = { path: socket, maxRetriesPerRequest: null };
  const queue = new Queue('works', { connection });
  const flows = new FlowProducer({ connection });
  await queue.waitUntilReady();
  const log = join(place.folder, 'appendonlydir');
  const empty = fileBytes(log);
  let worker;

  return {
    settings: `Redis appendonly yes, appendfsync ${fsync}; concurrency ${CONCURRENCY}`,
    servers: server ? [server.pid] : [],
    rest_ms: 2,
    enqueueMany: (list) => queue.addBulk(list.map((data) => ({ name: 'work', data }))),
    enqueue: (data) => queue.add('work', data),
    chain: (first, second) => flows.add({
      name: 'work', queueName: 'works', data: second,
      children: [{ name: 'work', queueName: 'works', data: first }],
    }),
    bytes: async () => fileBytes(log) - empty,
    work: async (run, settled) => {
      const handle = async (job) => run(job.data);
      worker = new Worker('works', handle, { connection, concurrency: CONCURRENCY });
      worker.on('completed', settled);
      worker.on('error', console.error);
      await worker.waitUntilReady();
    },
    close: async () => {
      await worker?.close(true);
      await flows.close();
      await queue.close();
      if (server) await stop(server);
    },
  };
}
