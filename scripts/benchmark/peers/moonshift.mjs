// moonshift as recover.mjs sees it: its programs are in ours.lua.
import { execFileSync } from 'node:child_process';

export const hold = (place) => [place.lua, [place.ours, 'hold', place.folder, place.durability]];

export async function open(place) {
  return {
    settings: '',
    servers: [],
    enqueue: async ({ kind }) => {
      execFileSync(place.lua, [place.ours, 'enqueue', place.folder, place.durability, kind]);
    },
    close: async () => {},
  };
}
