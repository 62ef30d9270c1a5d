--- The commands that ask or change once: each takes an open manager and the parsed options, and
--- returns the exit status.
local fail = require "moonshift.cli.fail"
local format = require "moonshift.cli.format"
local output = require "moonshift.cli.output"
local record = require "moonshift.cli.record"
local request = require "moonshift.cli.request"
local serve = require "moonshift.cli.serve"
local table_lines = require "moonshift.cli.table"
local terminal = require "moonshift.cli.terminal"
local top = require "moonshift.cli.top"
local waiting = require "moonshift.cli.waiting"

local COLUMNS = {
  { key = "id", title = "ID", right = true },
  { key = "state", title = "STATE" },
  { key = "worker", title = "WORKER" },
  { key = "attempt", title = "ATTEMPT", right = true },
  { key = "when", title = "WHEN" },
  { key = "tags", title = "TAGS", optional = true, flexible = true },
  { key = "error", title = "ERROR", optional = true, flexible = true },
}

local commands = { serve = serve, top = top }

local function row_of(info, now)
  return {
    id = format.integer(info.id), state = info.state, worker = format.plain(info.worker),
    attempt = format.integer(info.attempt), when = format.when(info, now),
    tags = format.plain(table.concat(info.tags, " ")), error = format.first_line(info.error),
  }
end

function commands.list(manager, options)
  local selector = request.selector(options) or { all = true }
  local page = { limit = options.limit, order = options.order }
  local infos = fail.check(manager:query(selector, page))
  if options.json then
    output.line(format.infos_json(infos))
    return 0
  end
  local rows, now = {}, os.time()
  for index, info in ipairs(infos) do
    rows[index] = row_of(info, now)
  end
  output.line(table.concat(table_lines(COLUMNS, rows, terminal.width()), "\n"))
  return 0
end

function commands.show(manager, options)
  local info, message = manager:find(options.id)
  if not info then
    fail.undone(message or ("there is no work %d"):format(options.id))
  end
  output.line(options.json and format.info_json(info) or record.of(info, os.time()))
  return 0
end

function commands.why(manager, options)
  local reasons = fail.check(manager:why(options.id))
  reasons = waiting.seen_from_here(reasons, fail.check(manager:stats()))
  if options.json then
    output.line(format.json(reasons))
    return 0
  end
  if #reasons == 0 then
    local info = fail.check(manager:find(options.id))
    output.line(("nothing holds it: it is %s"):format(info and info.state or "gone"))
  end
  for _, reason in ipairs(reasons) do
    local clears = reason.clears_at and (" (until %s)"):format(format.time(reason.clears_at)) or ""
    output.line(("%s: %s%s"):format(reason.kind, format.plain(reason.detail or ""), clears))
  end
  return 0
end

function commands.enqueue(manager, options)
  local made, unique = request.of(options)
  local id, outcome = fail.check(manager:enqueue(made, unique))
  output.line(options.json and format.json { id = id, outcome = outcome } or format.integer(id))
  return 0
end

local function print_count(options, count, word)
  if options.json then
    output.line(format.json { count = count })
  else
    output.line(("%d %s"):format(count, word))
  end
end

--- Changes the selected works; changing none means not done.
local function change(manager, options, method, word)
  local selector = request.selector(options)
  if not selector then
    fail.usage(("%s what? Give ids, --tag and the like, or --all"):format(options.command))
  end
  local count = fail.check(manager[method](manager, selector))
  print_count(options, count, word)
  return count > 0 and 0 or 1
end

function commands.cancel(manager, options)
  return change(manager, options, "cancel", "cancelled")
end

function commands.retry(manager, options)
  return change(manager, options, "retry", "enqueued again")
end

function commands.prune(manager, options)
  print_count(options, fail.check(manager:prune(options.older_than)), "deleted")
  return 0
end

function commands.stats(manager, options)
  local stats = fail.check(manager:stats())
  output.line(options.json and format.json(stats) or record.tree(stats))
  return 0
end

return commands
