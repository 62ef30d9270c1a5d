// graphile-worker: a queue in PostgreSQL. Concurrency and batches are those with which its
// documentation measures.
import { Logger, makeWorkerUtils, run as runWorker } from 'graphile-worker';
import { EventEmitter } from 'node:events';
import pg from 'pg';
import { openPostgres } from './postgres.mjs';

const BATCHES = {
  concurrentJobs: 24, localQueue: { size: 500 }, completeJobBatchDelay: 0,
  failJobBatchDelay: 0,
};
const CONNECTIONS = 25;
// What it says when it is stopped in the middle of a drain is expected.
let closing = false;
const logger = new Logger(() => (level, message) => {
  if (level === 'error' && !closing) console.error(message);
});

export async function open(place) {
  closing = false;
  const postgres = await openPostgres(place);
  const pgPool = new pg.Pool({ connectionString: postgres.url, max: CONNECTIONS });
  // What breaks a connection fails the query that uses it as well.
  pgPool.on('error', () => {});
  pgPool.on('connect', (client) => client.on('error', () => {}));
  const utils = await makeWorkerUtils({ pgPool, logger });
  await utils.migrate();
  const empty = await postgres.bytes();
  let runner;

  return {
    settings: `${postgres.settings}; 24 at once, local queue of 500, batched completion`,
    servers: postgres.servers,
    rest_ms: 2,
    enqueueMany: (list) => utils.addJobs(
      list.map((payload) => ({ identifier: 'work', payload }))),
    enqueue: (data) => utils.addJob('work', data),
    bytes: async () => (await postgres.bytes()) - empty,
    work: async (run, settled) => {
      const events = new EventEmitter();
      events.on('job:complete', settled);
      const preset = { worker: { ...BATCHES, logger, events } };
      const taskList = { work: async (payload) => run(payload) };
      runner = await runWorker({ preset, pgPool, taskList, noHandleSignals: true, events, logger });
    },
    close: async () => {
      closing = true;
      await runner?.stop().catch(() => {});
      await utils.release();
      await pgPool.end();
      await postgres.close();
    },
  };
}
