// One round of one peer: enqueues and drains works, then looks at an idle system in a new store.
// Every handler runs in this process, so that its first line and the call have one clock.
import { mkdirSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { memoryOf, peakOf } from './server.mjs';

const CALL = 1000;
const nothing = { kind: 'nothing', number: 123456 };
const now = () => performance.now();

// Calls what is given to `expect` when the handler of a kind begins.
function watch() {
  const expected = new Map();
  return {
    began: (kind) => expected.get(kind)?.(),
    expect: (kind, act) => expected.set(kind, act),
  };
}

// Both parts end after place.seconds; the rate is that of the works they came to.
async function enqueueAll(queue, place) {
  const begun = now();
  const end = begun + place.seconds * 1000;
  let works = 0;
  while (works < place.works && now() < end) {
    await queue.enqueueMany(Array(CALL).fill(nothing));
    works += CALL;
  }
  return [works, (works * 1000) / (now() - begun)];
}

// The clock starts with the first work, so that the start of the peer's worker does not count.
async function drain(queue, works, place) {
  let begun;
  let done = 0;
  const run = () => {
    begun ??= now();
  };
  await new Promise((resolve, reject) => {
    const settled = () => {
      done++;
      if (done === works || now() - begun > place.seconds * 1000) resolve();
    };
    queue.work(run, settled).catch(reject);
  });
  return (done * 1000) / (now() - begun);
}

// Acts as often as place.lone says, for at most place.seconds; resolves to microseconds in order.
async function alone(queue, place, act) {
  const took = [];
  const end = now() + place.seconds * 1000;
  while (took.length < place.lone && (took.length < 3 || now() < end)) {
    // Who polls is met at any moment of the interval.
    await sleep(queue.rest_ms > 10 ? 20 + Math.random() * queue.rest_ms : queue.rest_ms);
    took.push((await act()) * 1000);
  }
  return took.sort((a, b) => a - b);
}

// From the call to the handler's first line.
function firstLine(queue, watcher) {
  return new Promise((resolve) => {
    const begun = now();
    watcher.expect('clock', () => resolve(now() - begun));
    queue.enqueue({ kind: 'clock', number: 123456 });
  });
}

// From the end of one handler to the beginning of the next; a peer without dependencies enqueues
// the next in the handler of the first.
function hop(queue, watcher) {
  const second = { kind: 'second', number: 123456 };
  const first = { kind: 'first', number: 123456 };
  return new Promise((resolve) => {
    let begun;
    watcher.expect('first', () => {
      begun = now();
      return queue.chain ? undefined : queue.enqueue(second);
    });
    watcher.expect('second', () => resolve(now() - begun));
    if (queue.chain) queue.chain(first, second);
    else queue.enqueue(first);
  });
}

const part = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

// The most that this process held, and what its servers hold.
function memory(queue) {
  return queue.servers.reduce((sum, pid) => sum + memoryOf(pid), peakOf('self')) / 2 ** 20;
}

async function measureMany(peer, place) {
  const queue = await peer.open(place);
  const [works, enqueue] = await enqueueAll(queue, place);
  const bytes = (await queue.bytes()) / works;
  const rate = await drain(queue, works, place);
  const load = memory(queue);
  await queue.close();
  return { settings: queue.settings, enqueue, bytes, drain: rate, load };
}

async function measureAlone(peer, place) {
  const queue = await peer.open(place);
  const watcher = watch();
  await queue.work(({ kind }) => watcher.began(kind), () => {});
  const lines = await alone(queue, place, () => firstLine(queue, watcher));
  const hops = await alone(queue, place, () => hop(queue, watcher));
  await queue.close();
  return { first: part(lines, 0.5), late: part(lines, 0.99), hop: part(hops, 0.5) };
}

export async function measure(peer, place) {
  const many = await measureMany(peer, place);
  rmSync(place.folder, { recursive: true });
  mkdirSync(place.folder);
  return { ...many, ...(await measureAlone(peer, place)) };
}
