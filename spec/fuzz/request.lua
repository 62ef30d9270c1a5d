--- Turns bytes into Lua values, gives them to a test's manager as requests, and checks that each is
--- either refused with the path of what is wrong or stands in the store as a work.
local moonshift = require "moonshift"
local testing = require "moonshift.testing"

local FIELDS = { "worker", "input", "tags", "delay", "at", "every", "flex", "repeats", "cron",
  "zone", "constraints", "backoff", "max_attempts", "timeout", "deadline", "queue", "priority",
  "expedited", "after", "merger", "keep_results_for", "trace", "name", "existing", "policy", "max",
  "jitter", "network", "charging", "battery_not_low", "storage_not_low", "idle", "files", "custom",
  "at_start_only", "path", "recursive", "settle", "max_wait", "rearm", "unknown" }
local WORDS = { "succeed", "1h", "30s", "0 3 * * *", "UTC", "Europe/Berlin", "exponential",
  "linear", "fixed_rate", "fixed_delay", "connected", "unmetered", "keep", "replace", "append",
  "append_or_replace", "update", "overwrite", "arrays", "default", "2030-01-01T00:00:00Z",
  "/tmp/x", "\255", "", ("a"):rep(256) }
local NUMBERS = { 0, 1, -1, 5, 60, 0.5, 1e300, -1e300, 1 / 0, -1 / 0, 0 / 0, 2 ^ 53, 2 ^ 63, 101 }
-- A new store now and then, so that what earlier inputs left stays small.
local INPUTS_A_STORE = 50

local manager
local left = 0

local function fresh()
  if manager then
    manager:close()
  end
  left = INPUTS_A_STORE
  return assert(testing.open {
    workers = { succeed = function() return "success" end },
    on_error = function() end,
  })
end

local build

--- A table; some refer to themselves, some mix kinds of keys.
local function build_table(take, depth)
  local made = {}
  for index = 1, take() % 8 do
    local kind = take() % 4
    if kind == 0 then
      made[index] = build(take, depth + 1)
    elseif kind == 1 and depth > 0 and take() == 7 then
      made[index] = made
    else
      made[FIELDS[take() % #FIELDS + 1]] = build(take, depth + 1)
    end
  end
  return made
end

function build(take, depth)
  local kind = take() % 12
  if kind < 4 and depth < 70 then
    return build_table(take, depth)
  elseif kind < 7 then
    return WORDS[take() % #WORDS + 1]
  elseif kind < 9 then
    return NUMBERS[take() % #NUMBERS + 1]
  elseif kind == 9 then
    return take() % 2 == 0
  elseif kind == 10 then
    return moonshift.null
  end
  return print
end

--- Most requests have a worker, or hardly one would be accepted.
local function build_request(take)
  local request = build_table(take, 0)
  if take() % 8 > 0 then
    request.worker = "succeed"
  end
  return request
end

local function build_call(take)
  local kind = take() % 8
  if kind == 0 then
    return build(take, 0)
  elseif kind == 1 then
    local list = {}
    for index = 1, take() % 4 do
      list[index] = build_request(take)
    end
    return list
  end
  return build_request(take)
end

--- Misuse is raised with the path of the field; that a work is not there is what the world says.
local function check_refusal(ok, message, code)
  message = tostring(message)
  if ok then
    assert(code == "NOTFOUND", message)
  else
    assert(message:find "request" or message:find "unique" or message:find "stages", message)
  end
end

local function check_works(ids)
  for _, id in ipairs(type(ids) == "table" and ids or { ids }) do
    local info = type(id) == "number" and assert(manager:find(id))
    assert(not info or info.id == id and #info.state > 0)
    assert(not info or manager:why(id))
  end
end

return function(bytes)
  local at = 0
  local function take()
    at = at + 1
    return bytes:byte(at) or 0
  end
  if left == 0 then
    manager = fresh()
  end
  left = left - 1
  local method = take() % 4 == 0 and "chain" or "enqueue"
  local requests, unique = build_call(take), take() % 3 == 0 and build_table(take, 0) or nil
  local before = manager:count { all = true }
  local ok, ids, outcome, code = pcall(manager[method], manager, requests, unique)
  if ok and ids then
    check_works(ids)
  else
    check_refusal(ok, ok and outcome or ids, code)
    assert(manager:count { all = true } == before, "a refused call has stored something")
  end
  if take() % 16 == 0 then
    manager:advance(take())
  end
end
