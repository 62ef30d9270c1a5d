--- main.lua FLOOR FOLDER QUICK JSON ONLY: measures all rows in rounds, the bare loop and ours in
--- turn so that both see the same moods of the machine, and prints the medians.
local core = require "moonshift.core"
local median = require "benchmark.median"
local rows = require "benchmark.rows"
local table_lines = require "moonshift.cli.table"

local floor_program, folder = arg[1], arg[2]
local quick, as_json, only = arg[3] == "true", arg[4] == "true", arg[5]

local ROUNDS = quick and 3 or 5
local WORKS = quick and 20000 or 100000
local LONE = quick and 200 or 1000
local DURABILITIES = { "normal", "full" }

local COLUMNS = {
  { key = "name", title = "" }, { key = "durability", title = "DURABILITY" },
  { key = "ours", title = "MOONSHIFT", right = true },
  { key = "floor", title = "BARE SQLITE", right = true },
  { key = "unit", title = "" }, { key = "ratio", title = "COST", right = true },
}

--- The figures of the bare loop by phase.
local function measure_floor(durability)
  local command = ("%s '%s' %s %d %d"):format(floor_program, folder, durability, WORKS, LONE)
  local pipe = assert(io.popen(command))
  local phases = {}
  for line in pipe:lines() do
    local figure = assert(core.decode(line))
    phases[figure.phase] = figure.value
  end
  pipe:close()
  assert(phases.wake, "floor did not finish")
  return phases
end

local function measure_ours(row, durability)
  local database = folder .. "/bench.db"
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
      if row.name:find(only, 1, true) then
        lines[#lines + 1] = { row = row, durability = durability, ours = {}, floor = {} }
      end
    end
  end
  return lines
end

local function run_round(lines)
  local phases = {}
  for _, line in ipairs(lines) do
    phases[line.durability] = phases[line.durability] or measure_floor(line.durability)
    table.insert(line.floor, sum_of(phases[line.durability], line.row.floor))
    table.insert(line.ours, measure_ours(line.row, line.durability))
  end
end

--- How many times the bare loop's time ours is.
local function cost_of(line, ours, floor)
  return line.row.unit == "us" and ours / floor or floor / ours
end

local function print_json(lines)
  local results = core.array {}
  for index, line in ipairs(lines) do
    local ours, floor = median(line.ours), median(line.floor)
    results[index] = {
      name = line.row.name, durability = line.durability, unit = line.row.unit,
      ours = ours, floor = floor, cost = cost_of(line, ours, floor),
      rounds = { ours = line.ours, floor = line.floor },
    }
  end
  print(core.encode { works = WORKS, lone = LONE, rows = results })
end

local function print_table(lines)
  local cells = {}
  for index, line in ipairs(lines) do
    local ours, floor = median(line.ours), median(line.floor)
    cells[index] = {
      name = line.row.name, durability = line.durability, unit = line.row.unit,
      ours = ("%.0f"):format(ours), floor = ("%.0f"):format(floor),
      ratio = ("%.2f"):format(cost_of(line, ours, floor)),
    }
  end
  local lua = jit and jit.version or _VERSION
  print(("%s, %d works, medians of %d rounds"):format(lua, WORKS, ROUNDS))
  print(table.concat(table_lines(COLUMNS, cells), "\n"))
end

local lines = new_lines()
for round = 1, ROUNDS do
  if not as_json then
    io.stderr:write(("round %d of %d\n"):format(round, ROUNDS))
  end
  run_round(lines)
end
if as_json then
  print_json(lines)
else
  print_table(lines)
end
