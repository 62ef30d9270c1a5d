--- What the inspector answers to a request, without knowing how either travels: the page, and
--- behind it questions and changes as JSON.
local core = require "moonshift.core"
local fail = require "moonshift.cli.fail"
local format = require "moonshift.cli.format"
local page = require "moonshift.cli.inspector.page"
local script = require "moonshift.cli.inspector.script"
local waiting = require "moonshift.cli.waiting"

local JSON = "application/json"

local SELECTS = { id = true, state = true, tag = true, worker = true, queue = true, name = true }
local PAGES = { limit = true, offset = true, order = true }
-- What the body of a POST may have, beside those that are selectors.
local QUEUE = { queue = true }
local ENQUEUE = { request = true, unique = true }
-- A browser lists so many works unless it asks for more.
local DEFAULT_LIMIT = 50

local STATUS = { NOTFOUND = 404, BUSY = 503 }

-- Names under which a browser on this machine reaches it. A page elsewhere whose name was turned to
-- this address comes with its own name.
local HOSTS = { ["localhost"] = true, ["127.0.0.1"] = true, ["[::1]"] = true }

local function refuse(status, message)
  error({ status = status, message = message }, 0)
end

--- The results of a call of the module; its nil, message, code becomes an answer.
local function check(value, message, code)
  if value == nil and message then
    refuse(STATUS[code] or 500, message)
  end
  return value
end

local function to_number(name, text)
  local number = text:match "^%d+$" and tonumber(text)
  if not number then
    refuse(400, ("%s: expected a whole number, got '%s'"):format(name, text))
  end
  return number
end

local function add(selector, name, text)
  selector[name] = selector[name] or {}
  table.insert(selector[name], name == "id" and to_number(name, text) or text)
end

--- The selector and page of a query such as state=failed&tag=a&limit=20.
local function read_query(query)
  local selector, paging = {}, { limit = DEFAULT_LIMIT, order = "-id" }
  for _, pair in ipairs(query) do
    local name, text = pair[1], pair[2] or ""
    if SELECTS[name] then
      add(selector, name, text)
    elseif PAGES[name] then
      paging[name] = name == "order" and text or to_number(name, text)
    else
      refuse(400, ("unknown parameter '%s'"):format(name))
    end
  end
  return next(selector) and selector or { all = true }, paging
end

--- known has the fields that the body may have; nil leaves that to the module.
local function read_body(request, known)
  if request.type ~= JSON then
    refuse(415, "expected a body of type " .. JSON)
  end
  local value, message = core.decode(request.body)
  if type(value) ~= "table" then
    refuse(400, "expected a JSON object" .. (message and ": " .. message or ""))
  end
  for field in pairs(known and value or {}) do
    if not known[field] then
      refuse(400, ("%s: unknown field"):format(field))
    end
  end
  return value
end

local function works(manager, request)
  local selector, paging = read_query(request.query)
  local infos = check(manager:query(selector, paging))
  return ('{"count":%d,"works":%s}'):format(check(manager:count(selector)),
    format.infos_json(infos))
end

local function work(manager, _, id)
  local info = check(manager:find(id))
  if not info then
    refuse(404, ("there is no work %d"):format(id))
  end
  return format.info_json(info)
end

local function why(manager, _, id)
  local reasons = check(manager:why(id))
  return format.json(waiting.seen_from_here(reasons, check(manager:stats())))
end

local function overview(manager)
  return format.json { stats = check(manager:stats()), queues = check(manager:queues()) }
end

local function change(method)
  return function(manager, request)
    return format.json { count = check(manager[method](manager, read_body(request))) }
  end
end

local function set_paused(method)
  return function(manager, request)
    check(manager[method](manager, read_body(request, QUEUE).queue))
    return "{}"
  end
end

local function enqueue(manager, request)
  local body = read_body(request, ENQUEUE)
  local id, outcome = manager:enqueue(body.request, body.unique)
  check(id, outcome)
  return format.json { id = id, outcome = outcome }
end

-- Method, path, what answers, and the type of its text. A number in the path is an id.
local ROUTES = {
  { "GET", "^/$", function() return page end, "text/html; charset=utf-8" },
  { "GET", "^/inspector%.js$", function() return script end, "text/javascript; charset=utf-8" },
  { "GET", "^/api/overview$", overview },
  { "GET", "^/api/works$", works },
  { "GET", "^/api/works/(%d+)$", work },
  { "GET", "^/api/works/(%d+)/why$", why },
  { "POST", "^/api/works$", enqueue },
  { "POST", "^/api/cancel$", change "cancel" },
  { "POST", "^/api/retry$", change "retry" },
  { "POST", "^/api/run_now$", change "run_now" },
  { "POST", "^/api/pause$", set_paused "pause" },
  { "POST", "^/api/resume$", set_paused "resume" },
}

local function route(manager, request)
  if not HOSTS[(request.host or ""):gsub(":%d+$", "")] then
    refuse(403, "this address is not served")
  end
  local is_path = false
  for _, entry in ipairs(ROUTES) do
    local first = request.path:match(entry[2])
    is_path = is_path or first ~= nil
    if first and request.method == entry[1] then
      return entry[3](manager, request, tonumber(first)), entry[4] or JSON
    end
  end
  refuse(is_path and 405 or 404, is_path and "this method is not served here" or "not found")
end

--- request is `{ method, path, query = list of { name, value }, host, type, body }`. Returns the
--- status, the text and its type.
return function(manager, request)
  local ok, text, kind = pcall(route, manager, request)
  if ok then
    return 200, text, kind
  end
  local failure = type(text) == "table" and text.message and text or fail.of(text)
  local status = failure.status >= 400 and failure.status or 400
  return status, format.json { error = failure.message }, JSON
end
