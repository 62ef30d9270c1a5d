// beanstalkd with its log, and the smallest client that does it justice: commands go out in
// pipelines of 100. "full" is -f0, one fsync a write; "normal" is its own setting, one in 50 ms.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { listening, start, stop } from './server.mjs';

const PIPELINE = 100;

// One connection. Answers come in the order of the commands.
class Client {
  constructor(socket) {
    this.waiting = [];
    this.rest = '';
    this.connection = connect(socket);
    this.connection.setEncoding('utf8');
    this.connection.on('data', (text) => this.take(text));
  }

  take(text) {
    this.rest += text;
    let begin = 0;
    for (;;) {
      const end = this.rest.indexOf('\r\n', begin);
      if (end < 0) break;
      const words = this.rest.slice(begin, end).split(' ');
      let next = end + 2;
      if (words[0] === 'RESERVED') {
        const body = next;
        next += Number(words[2]) + 2;
        if (this.rest.length < next) break;
        words[2] = this.rest.slice(body, next - 2);
      }
      this.waiting.shift()(words);
      begin = next;
    }
    this.rest = this.rest.slice(begin);
  }

  // Sends commands at once; resolves to the words of their answers.
  ask(commands) {
    const answers = commands.map(() => new Promise((resolve) => this.waiting.push(resolve)));
    this.connection.write(commands.join(''));
    return Promise.all(answers);
  }

  async put(list) {
    const answers = await this.ask(list.map((data) => {
      const body = JSON.stringify(data);
      return `put 1000 0 3600 ${body.length}\r\n${body}\r\n`;
    }));
    const refused = answers.find(([word]) => word !== 'INSERTED');
    if (refused) throw new Error(`beanstalkd: ${refused.join(' ')}`);
  }

  close() {
    this.connection.destroy();
  }
}

// Takes one work and, while it is busy, as many as there are; runs them; deletes them.
async function serve(client, run, settled) {
  for (let busy = false; ; ) {
    let reserved = await client.ask(['reserve\r\n']);
    if (busy) {
      const more = Array(PIPELINE - 1).fill('reserve-with-timeout 0\r\n');
      reserved = reserved.concat(await client.ask(more));
    }
    const works = reserved.filter(([word]) => word === 'RESERVED');
    await Promise.all(works.map(([, , body]) => run(JSON.parse(body))));
    await client.ask(works.map(([, id]) => `delete ${id}\r\n`));
    works.forEach(settled);
    busy = !busy || works.length > 1;
  }
}

// Log files are as long as they may become from the start; what is written ends with the zeros.
function writtenBytes(folder) {
  return readdirSync(folder).filter((name) => name.startsWith('binlog.')).reduce((sum, name) => {
    const content = readFileSync(join(folder, name));
    let length = content.length;
    while (length > 0 && content[length - 1] === 0) length--;
    return sum + length;
  }, 0);
}

async function startServer(place, socket, log, fsync) {
  mkdirSync(log, { recursive: true });
  // It complains of clients that go while it writes to them.
  const options = { stdio: 'ignore' };
  const child = start(place, 'beanstalkd', ['-b', log, ...fsync, '-l', `unix:${socket}`], options);
  await listening(child, socket);
  return child;
}

export async function open(place) {
  const socket = join(place.folder, 'beanstalkd.sock');
  const log = join(place.folder, 'log');
  const fsync = place.durability === 'full' ? ['-f0'] : [];
  const server = place.joins ? null : await startServer(place, socket, log, fsync);
  const client = new Client(socket);
  const empty = place.joins ? 0 : writtenBytes(log);
  let worker;

  return {
    settings: `-b, ${fsync[0] ?? 'one fsync in 50 ms'}; pipelines of ${PIPELINE}`,
    servers: server ? [server.pid] : [],
    rest_ms: 2,
    enqueueMany: async (list) => client.put(list),
    enqueue: async (data) => client.put([data]),
    bytes: async () => writtenBytes(log) - empty,
    work: async (run, settled) => {
      worker = new Client(socket);
      serve(worker, run, settled);
    },
    close: async () => {
      worker?.close();
      client.close();
      if (server) await stop(server);
    },
  };
}
