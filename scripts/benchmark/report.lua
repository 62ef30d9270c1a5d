--- Prints a result: one JSON object, or the machine and a table.
local asked = require "benchmark.asked"
local core = require "moonshift.core"
local machine = require "benchmark.machine"
local table_lines = require "moonshift.cli.table"

--- result has `title` (text), `rows`, and further figures for --json. columns and cells_of(row)
--- make the table.
return function(result, columns, cells_of)
  if asked.as_json then
    result.machine = machine.describe()
    result.rows = core.array(result.rows)
    print(core.encode(result))
    return
  end
  local cells = {}
  for index, row in ipairs(result.rows) do
    cells[index] = cells_of(row)
  end
  print(machine.line())
  print(result.title)
  print(table.concat(table_lines(columns, cells), "\n"))
end
