// plainjob: a queue in SQLite, inside the program. Its own settings are WAL with synchronous =
// NORMAL; "full" sets FULL.
import Database from 'better-sqlite3';
import { better, defineQueue, defineWorker } from 'plainjob';
import { join } from 'node:path';

// Its worker looks once in this time when it has found nothing.
const POLL_MS = 1000;
const QUIET = { error: console.error, warn: console.error, info() {}, debug() {} };

export async function open(place) {
  const database = new Database(join(place.folder, 'plainjob.db'));
  const queue = defineQueue({ connection: better(database), logger: QUIET });
  if (place.durability === 'full') database.pragma('synchronous = FULL');
  const pages = () => database.pragma('page_count', { simple: true });
  const empty = pages();
  let worker;

  return {
    settings: `WAL, synchronous=${place.durability === 'full' ? 'FULL' : 'NORMAL'}`,
    servers: [],
    rest_ms: POLL_MS,
    enqueueMany: async (list) => queue.addMany('work', list),
    enqueue: async (data) => queue.add('work', data),
    bytes: async () => (pages() - empty) * database.pragma('page_size', { simple: true }),
    work: async (run, settled) => {
      const handle = async (job) => run(JSON.parse(job.data));
      worker = defineWorker('work', handle, { queue, onCompleted: settled, logger: QUIET });
      worker.start();
    },
    close: async () => {
      await worker?.stop();
      queue.close();
    },
  };
}
