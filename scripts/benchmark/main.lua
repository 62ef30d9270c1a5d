--- Measures all rows in rounds, the bare loop and ours in turn so that both see the same moods of
--- the machine, and prints the medians.
local asked = require "benchmark.asked"
local measure_floor = require "benchmark.floor"
local median = require "benchmark.median"
local report = require "benchmark.report"
local rows = require "benchmark.rows"

local ROUNDS = asked.size(5, 3)
local WORKS = asked.size(100000, 20000)
local LONE = asked.size(1000, 200)
local DURABILITIES = { "normal", "full" }

local COLUMNS = {
  { key = "name", title = "" }, { key = "durability", title = "DURABILITY" },
  { key = "ours", title = "MOONSHIFT", right = true },
  { key = "floor", title = "BARE SQLITE", right = true },
  { key = "unit", title = "" }, { key = "ratio", title = "COST", right = true },
}

local function measure_ours(row, durability)
  local database = asked.folder .. "/bench.db"
  local value = row.measure {
    database = database, durability = durability, works = WORKS, lone = LONE,
  }
  os.execute(("rm -f '%s'*"):format(database))
  collectgarbage()
  return value
end

local function sum_of(phases, names)
  local sum = 0
  for _, name in ipairs(names) do
    sum = sum + assert(phases[name], name)
  end
  return sum
end

--- One line of the result for each row and durability, its figures still to come.
local function new_lines()
  local lines = {}
  for _, durability in ipairs(DURABILITIES) do
    for _, row in ipairs(rows) do
      if asked.wants(row.name) then
        lines[#lines + 1] = { row = row, durability = durability, ours = {}, floor = {} }
      end
    end
  end
  return lines
end

local function run_round(lines)
  local phases = {}
  for _, line in ipairs(lines) do
    phases[line.durability] = phases[line.durability]
      or measure_floor(line.durability, WORKS, LONE)
    table.insert(line.floor, sum_of(phases[line.durability], line.row.floor))
    table.insert(line.ours, measure_ours(line.row, line.durability))
  end
end

--- How many times the bare loop's time ours is.
local function cost_of(line, ours, floor)
  return line.row.unit == "us" and ours / floor or floor / ours
end

local function result_of(line)
  local ours, floor = median(line.ours), median(line.floor)
  return {
    name = line.row.name, durability = line.durability, unit = line.row.unit,
    ours = ours, floor = floor, cost = cost_of(line, ours, floor),
    rounds = { ours = line.ours, floor = line.floor },
  }
end

local function cells_of(row)
  return {
    name = row.name, durability = row.durability, unit = row.unit,
    ours = ("%.0f"):format(row.ours), floor = ("%.0f"):format(row.floor),
    ratio = ("%.2f"):format(row.cost),
  }
end

local lines = new_lines()
for round = 1, ROUNDS do
  asked.note("round %d of %d", round, ROUNDS)
  run_round(lines)
end
local results = {}
for index, line in ipairs(lines) do
  results[index] = result_of(line)
end
report({
  title = ("%d works, medians of %d rounds"):format(WORKS, ROUNDS),
  works = WORKS, lone = LONE, rows = results,
}, COLUMNS, cells_of)
