--- Measures what several processes on one store do, and prints the medians of the rounds.
local asked = require "benchmark.asked"
local core = require "moonshift.core"
local median = require "benchmark.median"
local rows = require "benchmark.process_rows"
local table_lines = require "moonshift.cli.table"

local ROUNDS = asked.size(3, 1)

local COLUMNS = {
  { key = "name", title = "" }, { key = "durability", title = "DURABILITY" },
  { key = "figure", title = "FIGURE" }, { key = "value", title = "MEDIAN", right = true },
  { key = "unit", title = "" },
}

local function measure(row, durability)
  local place = {
    database = asked.folder .. "/processes.db", durability = durability,
    interpreter = arg[-1], programs = asked.programs,
    works = asked.size(100000, 20000), lone = asked.size(1000, 200), times = asked.size(100, 20),
    seconds = asked.size(3, 1), waiting = asked.size(1000000, 100000),
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
  for _, durability in ipairs(asked.durabilities) do
    if asked.wants(row.name) then
      asked.note("%s, %s", row.name, durability)
      for _, line in ipairs(measure_all(row, durability)) do
        line.value = median(line.rounds)
        lines[#lines + 1] = line
      end
    end
  end
end
if asked.as_json then
  print(core.encode { rows = lines })
else
  print_table(lines)
end
