--- Rows in aligned columns that fit a terminal.
local format = require "moonshift.cli.format"

local MIN_FLEXIBLE = 8

--- The columns that have something to say: those that are not optional, or not empty everywhere.
local function used(columns, rows)
  local kept = {}
  for _, column in ipairs(columns) do
    local shown = not column.optional
    for _, row in ipairs(rows) do
      shown = shown or (row[column.key] or "") ~= ""
    end
    if shown then
      kept[#kept + 1] = column
    end
  end
  return kept
end

local function measure(columns, rows)
  local widths, total = {}, 2 * (#columns - 1)
  for index, column in ipairs(columns) do
    widths[index] = format.length(column.title)
    for _, row in ipairs(rows) do
      widths[index] = math.max(widths[index], format.length(row[column.key] or ""))
    end
    total = total + widths[index]
  end
  return widths, total
end

--- Takes what is too much from the flexible columns, the last first.
local function shrink(columns, widths, excess)
  for index = #columns, 1, -1 do
    if columns[index].flexible and excess > 0 then
      local less = math.min(excess, math.max(0, widths[index] - MIN_FLEXIBLE))
      widths[index] = widths[index] - less
      excess = excess - less
    end
  end
end

local function line(columns, widths, value_of)
  local cells = {}
  for index, column in ipairs(columns) do
    local text = format.cut(value_of(column), widths[index])
    local space = (" "):rep(widths[index] - format.length(text))
    cells[index] = column.right and space .. text or text .. space
  end
  return (table.concat(cells, "  "):gsub("%s+$", ""))
end

--- The lines of a table, its titles first. A column is `{ key, title, right, optional, flexible }`,
--- a row maps keys to plain text. width may be nil: then nothing is cut.
return function(columns, rows, width)
  columns = used(columns, rows)
  local widths, total = measure(columns, rows)
  if width then
    shrink(columns, widths, total - width)
  end
  local lines = { line(columns, widths, function(column)
    return column.title
  end) }
  for _, row in ipairs(rows) do
    lines[#lines + 1] = line(columns, widths, function(column)
      return row[column.key] or ""
    end)
  end
  return lines
end
