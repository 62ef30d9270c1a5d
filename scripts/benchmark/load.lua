--- Enqueues and drains works beside each load and in the plain case, in turn in each round, and
--- prints the rates of both. They are the same where the load costs nothing.
local asked = require "benchmark.asked"
local loads = require "benchmark.loads"
local median = require "benchmark.median"
local moonshift = require "moonshift"
local report = require "benchmark.report"
local system = require "system"

local ROUNDS = asked.size(5, 3)
local WORKS = asked.size(50000, 10000)
local PARTS = { "enqueue", "drain" }

local COLUMNS = {
  { key = "name", title = "" }, { key = "durability", title = "DURABILITY" },
  { key = "size", title = "BEHIND", right = true },
  { key = "works", title = "WORKS", right = true },
  { key = "alone", title = "ALONE", right = true },
  { key = "beside", title = "BESIDE", right = true }, { key = "unit", title = "" },
  { key = "share", title = "SHARE", right = true },
}

local function open(name, durability)
  return assert(moonshift.open {
    database = asked.folder .. "/" .. name, durability = durability,
    workers = "benchmark.workers", threads = 1,
  })
end

local function remove(name)
  os.execute(("rm -f '%s/%s'*"):format(asked.folder, name))
end

local function add_rate(rates, part, works, begun)
  rates[part] = rates[part] or {}
  table.insert(rates[part], works / (system.monotime() - begun))
end

--- The conditions of a manager end with it, so everything waits again in the next one.
local function measure(name, durability, works, calls, rates)
  local manager = open(name, durability)
  loads.prepare(manager)
  collectgarbage()
  local begun = system.monotime()
  for _, call in ipairs(calls) do
    assert(manager[call[1]](manager, call[2]))
  end
  add_rate(rates, "enqueue", works, begun)
  begun = system.monotime()
  assert(manager:set_condition(loads.GO, true))
  assert(manager:run "idle")
  add_rate(rates, "drain", works, begun)
  assert(manager:close())
end

local function fill(load, size)
  local manager = open("beside.db", "normal")
  load.fill(manager, size)
  assert(manager:close())
end

--- A store that was filled is kept for all rounds.
local function measure_all(load, works, durability)
  local alone, beside = {}, {}
  for _ = 1, ROUNDS do
    measure("alone.db", durability, works, loads.plain(works), alone)
    remove "alone.db"
    measure("beside.db", durability, works, (load.calls or loads.plain)(works), beside)
    if not load.fill then
      remove "beside.db"
    end
  end
  return alone, beside
end

local function add_rows(rows, load, size, durability)
  local works = load.works and asked.size(load.works, load.quick_works) or WORKS
  local alone, beside = measure_all(load, works, durability)
  for _, part in ipairs(PARTS) do
    local without, with = median(alone[part]), median(beside[part])
    rows[#rows + 1] = {
      name = load.name .. ": " .. part, durability = durability, behind = size, works = works,
      unit = "works/s", alone = without, beside = with, share = with / without,
      rounds = { alone = alone[part], beside = beside[part] },
    }
  end
end

local function cells_of(row)
  return {
    name = row.name, durability = row.durability,
    size = row.behind > 0 and ("%d"):format(row.behind) or "",
    works = ("%d"):format(row.works), unit = row.unit, alone = ("%.0f"):format(row.alone),
    beside = ("%.0f"):format(row.beside), share = ("%.2f"):format(row.share),
  }
end

local rows = {}
math.randomseed(1)
for _, load in ipairs(loads) do
  if asked.wants(load.name) then
    asked.note("%s", load.name)
    local size = load.fill and asked.size(load.size, load.quick) or 0
    if load.fill then
      fill(load, size)
    end
    for _, durability in ipairs(asked.durabilities) do
      add_rows(rows, load, size, durability)
    end
    remove "beside.db"
  end
end
report({ title = ("medians of %d rounds"):format(ROUNDS), rows = rows }, COLUMNS, cells_of)
