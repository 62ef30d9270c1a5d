--- Text for people: times, first lines, data, and nothing a terminal would obey.
local core = require "moonshift.core"

local format = {}

--- The text with control characters (C0, DEL and C1) turned into spaces; new lines stay if asked.
function format.plain(text, keeps_lines)
  text = text:gsub("\t", "  "):gsub("%c", function(character)
    return keeps_lines and character == "\n" and character or " "
  end)
  return (text:gsub("\194[\128-\159]", " "))
end

--- The first line, made plain.
function format.first_line(text)
  return text and format.plain(text:match "^[^\n]*") or ""
end

--- How many characters a UTF-8 text has.
function format.length(text)
  local _, count = text:gsub("[^\128-\191]", "")
  return count
end

--- The text in at most width characters; what is cut ends in "…".
function format.cut(text, width)
  if format.length(text) <= width then
    return text
  end
  local kept = 0
  for start in text:gmatch "()[^\128-\191]" do
    kept = kept + 1
    if kept == width then
      return text:sub(1, start - 1) .. "…"
    end
  end
  return ""
end

--- A length of time, in at most two units.
function format.span(seconds)
  if seconds < 1 then
    return ("%dms"):format(math.floor(seconds * 1000 + 0.5))
  elseif seconds < 10 then
    return ("%.1fs"):format(seconds)
  elseif seconds < 60 then
    return ("%ds"):format(math.floor(seconds))
  elseif seconds < 3600 then
    return ("%dm%02ds"):format(math.floor(seconds / 60), math.floor(seconds % 60))
  elseif seconds < 86400 then
    return ("%dh%02dm"):format(math.floor(seconds / 3600), math.floor(seconds % 3600 / 60))
  end
  return ("%dd%02dh"):format(math.floor(seconds / 86400), math.floor(seconds % 86400 / 3600))
end

--- A moment in local time, to the second.
function format.time(at)
  return os.date("%Y-%m-%d %H:%M:%S", math.floor(at))
end

--- A moment against now: "in 5m00s", "now" or "3.0s ago".
function format.from_now(at, now)
  if at - now >= 1 then
    return "in " .. format.span(at - now)
  elseif now - at >= 1 then
    return format.span(now - at) .. " ago"
  end
  return "now"
end

--- The moment that matters most in the work's state.
function format.when(info, now)
  if info.finished_at then
    return format.from_now(math.min(info.finished_at, now), now)
  elseif info.state == "running" and info.started_at then
    return "for " .. format.span(math.max(0, now - info.started_at))
  elseif info.due_at then
    return info.due_at > now and format.from_now(info.due_at, now) or "now"
  end
  return ""
end

--- Without a fraction, whatever number a work says.
function format.percent(number)
  return ("%.0f%%"):format(math.floor(number))
end

--- Whole numbers without a fraction, on every Lua.
function format.integer(number)
  return ("%d"):format(number)
end

local function sorted_keys(values)
  local keys = {}
  for key in pairs(values) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  return keys
end

--- JSON text of any value that is data.
function format.json(value)
  if type(value) == "table" then
    return core.encode(value)
  end
  return core.encode({ value }):sub(2, -2)
end

-- A list that has options as well is no data: its elements move to a field of their own.
local function with_named_paths(constraints)
  local files = { paths = {} }
  for key, value in pairs(constraints.files) do
    (type(key) == "number" and files.paths or files)[key] = value
  end
  local named = {}
  for key, value in pairs(constraints) do
    named[key] = value
  end
  named.files = files
  return named
end

--- JSON text of constraints, as they may be given in JSON.
function format.constraints_json(constraints)
  return format.json(constraints.files and with_named_paths(constraints) or constraints)
end

--- JSON text of an info, its keys in order. Each field is written by itself, since its data may be
--- as deep as data can be.
function format.info_json(info)
  for _, key in ipairs { "tags", "prerequisites", "dependents" } do
    core.array(info[key])
  end
  local fields = {}
  for index, key in ipairs(sorted_keys(info)) do
    local json = key == "constraints" and format.constraints_json or format.json
    fields[index] = ('"%s":%s'):format(key, json(info[key]))
  end
  return "{" .. table.concat(fields, ",") .. "}"
end

--- JSON text of a list of infos.
function format.infos_json(infos)
  local texts = {}
  for index, info in ipairs(infos) do
    texts[index] = format.info_json(info)
  end
  return "[" .. table.concat(texts, ",") .. "]"
end

return format
