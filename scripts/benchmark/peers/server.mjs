// The servers that peers need: private ones, reached through a socket in the peer's folder. Each
// running one has a file named by its process id in the folder `pids`, so that whoever finds the
// files can end what was left behind.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 20000;

// Starts a program that is ended at the latest by whoever looks into `pids`.
export function start(place, command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'], ...options });
  const note = join(place.pids, String(child.pid));
  mkdirSync(place.pids, { recursive: true });
  writeFileSync(note, '');
  child.on('exit', () => rmSync(note, { force: true }));
  child.on('error', (error) => {
    throw error;
  });
  return child;
}

export async function stop(child, signal = 'SIGTERM') {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill(signal);
    await once(child, 'exit');
  }
}

function answers(socket) {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.on('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.on('error', () => resolve(false));
  });
}

// Resolves once somebody listens there.
export async function listening(child, socket) {
  for (const begun = Date.now(); Date.now() - begun < PATIENCE_MS; await sleep(10)) {
    if (child.exitCode !== null) break;
    if (existsSync(socket) && (await answers(socket))) return;
  }
  throw new Error(`${child.spawnfile} does not listen at ${socket}`);
}

function proportional(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+)/m.exec(text)[1]) * 1024;
}

function field(pid, name) {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)[1]) * 1024;
}

// What a process holds now, and what it held at most.
export const residentOf = (pid) => field(pid, 'VmRSS');
export const peakOf = (pid) => field(pid, 'VmHWM');

// The memory of a server and its children; what they share counts once.
export function memoryOf(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return [pid, ...children.split(' ').filter(Boolean)].reduce(
    (sum, each) => sum + proportional(each), 0);
}
