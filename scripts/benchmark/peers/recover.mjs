// What becomes of a work whose process is killed: how long until it runs in another one, which is
// there already. And what a process needs that only waits.
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { memoryOf, residentOf, start, stop } from './server.mjs';

const SETTLE_MS = 1500;

// A process that runs works and says so, line by line.
function startWorker(peer, name, place) {
  const self = fileURLToPath(new URL('peer.mjs', import.meta.url));
  const joining = JSON.stringify({ ...place, joins: true });
  const [command, args] = peer.hold?.(place) ?? [process.execPath, [self, name, 'hold', joining]];
  const child = start(place, command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  createInterface({ input: child.stdout }).on('line', (line) => child.emit(`said ${line}`));
  return child;
}

export async function recover(peer, name, place) {
  const queue = await peer.open(place);
  const first = startWorker(peer, name, place);
  await once(first, 'said ready');
  const began = once(first, 'said hang');
  await queue.enqueue({ kind: 'hang', number: 123456 });
  await began;
  const second = startWorker(peer, name, place);
  await once(second, 'said ready');
  await sleep(SETTLE_MS);
  const idle = queue.servers.reduce((sum, pid) => sum + memoryOf(pid), residentOf(second.pid));
  const again = once(second, 'said hang').then(() => true);
  const killed = performance.now();
  first.kill('SIGKILL');
  const found = await Promise.race([again, sleep(place.patience * 1000, false)]);
  const took = (performance.now() - killed) / 1000;
  await stop(second, 'SIGKILL');
  await queue.close();
  return { idle: idle / 2 ** 20, recovery: found ? took : place.patience, found };
}

// The worker process: the work that hangs never ends.
export async function hold(peer, place) {
  const queue = await peer.open(place);
  await queue.work(({ kind }) => {
    console.log(kind);
    return new Promise(() => setInterval(() => {}, 1000));
  }, () => {});
  console.log('ready');
}
