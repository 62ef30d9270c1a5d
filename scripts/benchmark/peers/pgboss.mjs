// pg-boss: a queue in PostgreSQL that polls. Batches are large and a busy worker is told not to
// wait for its next poll.
import PgBoss from 'pg-boss';
import { openPostgres } from './postgres.mjs';

const BATCH = 1000;
// The shortest that it allows.
const POLL_S = 0.5;

export async function open(place) {
  const postgres = await openPostgres(place);
  const boss = new PgBoss({ connectionString: postgres.url });
  boss.on('error', console.error);
  await boss.start();
  if (!place.joins) await boss.createQueue('works');
  const empty = await postgres.bytes();

  return {
    settings: `${postgres.settings}; batches of ${BATCH}, polling every ${POLL_S} s when idle`,
    servers: postgres.servers,
    rest_ms: POLL_S * 1000,
    enqueueMany: (list) => boss.insert(list.map((data) => ({ name: 'works', data }))),
    enqueue: (data) => boss.send('works', data),
    bytes: async () => (await postgres.bytes()) - empty,
    work: async (run, settled) => {
      const options = { batchSize: BATCH, pollingIntervalSeconds: POLL_S };
      const id = await boss.work('works', options, async (works) => {
        await Promise.all(works.map(({ data }) => run(data)));
        works.forEach(settled);
        boss.notifyWorker(id);
      });
    },
    close: async () => {
      boss.removeAllListeners('error').on('error', () => {});
      await boss.stop({ graceful: false });
      await postgres.close();
    },
  };
}
