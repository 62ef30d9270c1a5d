--- One thing as lines of "name  value".
local format = require "moonshift.cli.format"

-- In this order; what is absent is left out.
local FIELDS = {
  "id", "worker", "state", "outcome", "stop_reason", "attempt", "run", "period", "generation",
  "name", "tags", "queue", "priority", "enqueued_at", "due_at", "started_at", "finished_at",
  "enqueued_by", "delay", "every", "flex", "cron", "zone", "backoff", "constraints",
  "prerequisites", "dependents", "trace", "input", "progress", "output",
}

local record = {}

local function text_of(key, value, now)
  if key:match "_at$" then
    return ("%s (%s)"):format(format.time(value), format.from_now(value, now))
  elseif key == "constraints" then
    return format.constraints_json(value)
  elseif type(value) == "table" then
    return next(value) ~= nil and format.json(value) or nil
  elseif type(value) == "number" and value % 1 == 0 then
    return format.integer(value)
  end
  return format.plain(tostring(value))
end

local function indented(text)
  return "  " .. format.plain(text, true):gsub("\n", "\n  ")
end

--- The record of a work's info; its error stands last, with its traceback.
function record.of(info, now)
  local lines = {}
  for _, key in ipairs(FIELDS) do
    local text = info[key] ~= nil and text_of(key, info[key], now)
    if text then
      lines[#lines + 1] = ("%-14s %s"):format(key, text)
    end
  end
  if info.error then
    lines[#lines + 1] = "error"
    lines[#lines + 1] = indented(info.error)
  end
  return table.concat(lines, "\n")
end

local function sorted_keys(values)
  local keys = {}
  for key in pairs(values) do
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b)
    return tostring(a) < tostring(b)
  end)
  return keys
end

local function add_tree(lines, values, prefix)
  for _, key in ipairs(sorted_keys(values)) do
    local path = prefix .. tostring(key)
    if type(values[key]) == "table" then
      add_tree(lines, values[key], path .. ".")
    else
      lines[#lines + 1] = ("%-24s %s"):format(path, text_of(path, values[key]))
    end
  end
end

--- Nested numbers and texts, one a line, in the order of their names.
function record.tree(values)
  local lines = {}
  add_tree(lines, values, "")
  return table.concat(lines, "\n")
end

return record
