// peer.mjs NAME measure|recover|hold PLACE: prints what the part measured as one JSON object. PLACE
// is one as well: `folder` (the store's), `shared` (for all rounds), `pids`, `durability`, `works`,
// `lone`, `seconds`, `patience`, `lua`, `ours`.
//
// An adapter is a module NAME.mjs whose open(place) resolves to a queue:
//   settings      what it was told about durability and batches, as text
//   servers       process ids of what it started
//   rest_ms       how long a caller rests between works on an idle system
//   enqueueMany, enqueue   resolve once the works are stored as durably as was asked for
//   chain         enqueues two works, one after the other, where the peer can
//   work(run, settled)     begins to run works: run(data) is the handler, settled() follows each
//   bytes         what the store holds on disk beyond an empty one
//   close         ends everything
// With place.joins it connects to what another process has opened.
import { mkdirSync } from 'node:fs';
import { measure } from './measure.mjs';
import { hold, recover } from './recover.mjs';

const [name, part, text] = process.argv.slice(2);
const place = JSON.parse(text);
const peer = await import(`./${name}.mjs`);
mkdirSync(place.folder, { recursive: true });
if (part === 'hold') {
  await hold(peer, place);
} else {
  const act = part === 'measure' ? measure(peer, place) : recover(peer, name, place);
  console.log(JSON.stringify(await act));
  process.exit(0);
}
