--- The inspector's page; inspector/script.lua fills it.
return [==[
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>moonshift</title>
<style>
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --accent: #4059d6; }
@media (prefers-color-scheme: dark) { :root { --accent: #9aa8ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 80rem; padding: 1rem 1.25rem 4rem;
  font: 15px/1.45 system-ui, sans-serif; }
header { display: flex; align-items: baseline; gap: 1rem; flex-wrap: wrap; }
h1 { font-size: 1.2rem; margin: 0; }
h2 { font-size: 1rem; margin: 0 0 .5rem; }
#trouble { color: #c22; }
nav { display: flex; gap: .4rem; flex-wrap: wrap; margin: 1rem 0; }
button { font: inherit; padding: .2rem .7rem; border: 1px solid var(--line); border-radius: 1rem;
  background: none; color: inherit; cursor: pointer; }
button:hover { background: var(--soft); }
button[aria-pressed="true"] { border-color: var(--accent); color: var(--accent); }
button:focus-visible, input:focus-visible, tr:focus-visible { outline: 2px solid var(--accent); }
form { display: flex; gap: .5rem; flex-wrap: wrap; margin-bottom: 1rem; }
input { font: inherit; padding: .2rem .5rem; border: 1px solid var(--line); border-radius: .3rem;
  background: none; color: inherit; width: 11rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line);
  white-space: nowrap; vertical-align: top; }
td.text { white-space: normal; overflow-wrap: anywhere; min-width: 14rem; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
#works tbody tr { cursor: pointer; }
#works tbody tr:hover { background: var(--soft); }
.failed { color: #c22; } .running { color: var(--accent); } .succeeded { color: #2a7d2a; }
@media (prefers-color-scheme: dark) { .failed, #trouble { color: #ff8080; }
  .succeeded { color: #7fd07f; } }
dialog { border: 1px solid var(--line); border-radius: .5rem; width: min(56rem, 92vw);
  padding: 1rem 1.25rem; }
pre { overflow: auto; max-height: 50vh; background: var(--soft); padding: .7rem;
  border-radius: .3rem; }
.row { display: flex; gap: .5rem; flex-wrap: wrap; align-items: center; }
section { margin-top: 2rem; }
.soft { opacity: .7; }
</style>
<header>
  <h1>moonshift</h1><span id="totals" class="soft"></span><span id="trouble" role="status"></span>
</header>
<nav id="states" aria-label="States"></nav>
<form id="filter" aria-label="Filter">
  <input name="worker" placeholder="worker" aria-label="Worker">
  <input name="queue" placeholder="queue" aria-label="Queue">
  <input name="tag" placeholder="tag" aria-label="Tag">
  <input name="name" placeholder="unique name" aria-label="Unique name">
  <button>Filter</button>
</form>
<div class="scroll"><table id="works">
  <thead><tr><th>Id<th>State<th>Worker<th>Queue<th>Attempt<th>When<th>Tags<th>Error</tr></thead>
  <tbody></tbody>
</table></div>
<p class="row"><button id="newer">Newer</button><button id="older">Older</button>
  <span id="range" class="soft"></span></p>
<section><h2>Queues</h2><div class="scroll"><table id="queues">
  <thead><tr><th>Name<th>Limit<th>Rate<th>State<th></tr></thead><tbody></tbody>
</table></div></section>
<dialog id="work" aria-labelledby="title">
  <div class="row"><h2 id="title"></h2><span id="waits" class="soft"></span></div>
  <pre id="info"></pre>
  <p class="row"><button data-act="run_now">Run now</button><button data-act="retry">Retry</button>
    <button data-act="cancel">Cancel work</button><button id="close">Close</button></p>
</dialog>
<script src="/inspector.js"></script>
</html>
]==]
