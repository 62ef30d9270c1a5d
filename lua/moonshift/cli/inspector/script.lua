--- What runs in the inspector's page. All text from the store is set as text, never as markup.
return [==[
"use strict";
const states = ["enqueued", "running", "succeeded", "failed", "blocked", "cancelled"];
const pageSize = 50;
const view = { state: null, offset: 0, open: null };
const find = (id) => document.getElementById(id);

async function ask(path, body) {
  const options = body && { method: "POST", body: JSON.stringify(body),
    headers: { "Content-Type": "application/json" } };
  const response = await fetch(path, options);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

function cell(text, className) {
  const element = document.createElement("td");
  element.textContent = text ?? "";
  if (className) element.className = className;
  return element;
}

function button(text, act) {
  const element = document.createElement("button");
  element.textContent = text;
  element.onclick = act;
  return element;
}

function span(seconds) {
  const units = [[86400, "d"], [3600, "h"], [60, "m"]];
  for (const [size, unit] of units) if (seconds >= size) return (seconds / size).toFixed(1) + unit;
  return Math.round(seconds) + "s";
}

function when(work) {
  const now = Date.now() / 1000;
  if (work.finished_at) return span(Math.max(0, now - work.finished_at)) + " ago";
  if (work.state === "running") return "for " + span(Math.max(0, now - work.started_at));
  if (work.due_at) return work.due_at > now ? "in " + span(work.due_at - now) : "now";
  return "";
}

function workRow(work) {
  const row = document.createElement("tr");
  row.tabIndex = 0;
  row.append(cell(work.id, "number"), cell(work.state, work.state), cell(work.worker),
    cell(work.queue), cell(work.attempt, "number"), cell(when(work)), cell(work.tags.join(" ")),
    cell((work.error || "").split("\n")[0], "text"));
  row.onclick = () => open(work.id);
  row.onkeydown = (event) => { if (event.key === "Enter") open(work.id); };
  return row;
}

function queueRow([name, queue]) {
  const row = document.createElement("tr");
  const act = queue.paused ? "resume" : "pause";
  const last = cell("");
  last.append(button(queue.paused ? "Resume" : "Pause",
    () => attempt(() => ask("/api/" + act, { queue: name }))));
  row.append(cell(name), cell(queue.limit ?? "none", "number"), cell(queue.rate ?? "none"),
    cell(queue.paused ? "paused" : "open"), last);
  return row;
}

function stateButton(state, count) {
  const element = button((state || "all") + " " + count, () => {
    view.state = state;
    view.offset = 0;
    attempt();
  });
  element.setAttribute("aria-pressed", view.state === state);
  return element;
}

function others(count) {
  if (count === 0) return "no other program has this store open, so nothing runs";
  return count === 1 ? "one other program has this store open" :
    `${count} other programs have this store open`;
}

function path() {
  const query = new URLSearchParams({ limit: pageSize, offset: view.offset });
  if (view.state) query.set("state", view.state);
  for (const [name, text] of new FormData(find("filter"))) if (text) query.set(name, text);
  return "/api/works?" + query;
}

async function draw() {
  const [overview, list] = await Promise.all([ask("/api/overview"), ask(path())]);
  const total = states.reduce((sum, state) => sum + overview.stats[state], 0);
  find("totals").textContent = others(overview.stats.processes - 1);
  find("states").replaceChildren(stateButton(null, total),
    ...states.map((state) => stateButton(state, overview.stats[state])));
  find("works").tBodies[0].replaceChildren(...list.works.map(workRow));
  const names = Object.entries(overview.queues);
  find("queues").tBodies[0].replaceChildren(...names.sort().map(queueRow));
  find("range").textContent = list.works.length === 0 ? "nothing here" :
    `${view.offset + 1} to ${view.offset + list.works.length} of ${list.count}`;
  find("newer").disabled = view.offset === 0;
  find("older").disabled = view.offset + list.works.length >= list.count;
  if (view.open) await drawWork();
}

async function drawWork() {
  const [work, reasons] = await Promise.all(
    [ask("/api/works/" + view.open), ask("/api/works/" + view.open + "/why")]);
  find("title").textContent = `Work ${work.id}: ${work.worker}, ${work.state}`;
  find("waits").textContent = reasons.map((reason) => reason.detail || reason.kind).join("; ");
  find("info").textContent = JSON.stringify(work, null, 2);
}

/* Does something, if anything is given, and draws again; what goes wrong is said on the page. */
async function attempt(act) {
  try {
    if (act) await act();
    await draw();
    find("trouble").textContent = "";
  } catch (error) {
    find("trouble").textContent = error.message;
  }
}

function open(id) {
  view.open = id;
  attempt().then(() => { if (!find("work").open) find("work").showModal(); });
}

function move(by) {
  view.offset = Math.max(0, view.offset + by);
  attempt();
}

/* The store is asked anew after two seconds, or after ten times as long as it took to answer. */
async function follow() {
  const begun = performance.now();
  if (!document.hidden) await attempt();
  setTimeout(follow, Math.max(2000, 10 * (performance.now() - begun)));
}

for (const element of document.querySelectorAll("[data-act]")) {
  element.onclick = () => attempt(() => ask("/api/" + element.dataset.act, { id: view.open }));
}
find("close").onclick = () => find("work").close();
find("work").onclose = () => { view.open = null; };
find("newer").onclick = () => move(-pageSize);
find("older").onclick = () => move(pageSize);
find("filter").onsubmit = (event) => { event.preventDefault(); view.offset = 0; attempt(); };
follow();
]==]
