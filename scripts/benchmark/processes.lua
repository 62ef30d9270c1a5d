--- processes.lua FOLDER QUICK JSON ONLY PROGRAMS: measures what several processes on one store do,
--- and prints the medians of the rounds.
local core = require "moonshift.core"
local median = require "benchmark.median"
local rows = require "benchmark.process_rows"
local table_lines = require "moonshift.cli.table"

local folder, quick, as_json, only = arg[1], arg[2] == "true", arg[3] == "true", arg[4]
local programs = arg[5]

local ROUNDS = quick and 1 or 3
local DURABILITIES = { "normal", "full" }

local COLUMNS = {
  { key = "name", title = "" }, { key = "durability", title = "DURABILITY" },
  { key = "figure", title = "FIGURE" }, { key = "value", title = "MEDIAN", right = true },
  { key = "unit", title = "" },
}

local function measure(row, durability)
  local place = {
    database = folder .. "/processes.db", durability = durability,
    interpreter = arg[-1], programs = programs,
    works = quick and 20000 or 100000, lone = quick and 200 or 1000, times = quick and 20 or 100,
    seconds = quick and 1 or 3, waiting = quick and 100000 or 1000000,
  }
  local figures = row.measure(place)
  os.execute(("rm -f '%s'*"):format(place.database))
  collectgarbage()
  return figures
end

--- One line for each figure of the row.
local function measure_all(row, durability)
  local lines = {}
  for _ = 1, ROUNDS do
    for index, figure in ipairs(measure(row, durability)) do
      lines[index] = lines[index] or {
        name = row.name, durability = durability, figure = figure.name, unit = figure.unit,
        rounds = {},
      }
      table.insert(lines[index].rounds, figure.value)
    end
  end
  return lines
end

local function print_table(lines)
  for _, line in ipairs(lines) do
    line.value = ("%.2f"):format(line.value)
  end
  print(("%s, medians of %d rounds"):format(jit and jit.version or _VERSION, ROUNDS))
  print(table.concat(table_lines(COLUMNS, lines), "\n"))
end

local lines = core.array {}
for _, row in ipairs(rows) do
  for _, durability in ipairs(DURABILITIES) do
    if row.name:find(only, 1, true) then
      if not as_json then
        io.stderr:write(("%s, %s\n"):format(row.name, durability))
      end
      for _, line in ipairs(measure_all(row, durability)) do
        line.value = median(line.rounds)
        lines[#lines + 1] = line
      end
    end
  end
end
if as_json then
  print(core.encode { rows = lines })
else
  print_table(lines)
end
