--- The grammar of the command line: commands, arguments and options, and nothing else.
local argparse = require "argparse"

local STATES = { "enqueued", "running", "succeeded", "failed", "blocked", "cancelled" }
local POLICIES = { "keep", "replace", "append", "append_or_replace", "update" }

-- Options whose values may begin with "-", which argparse would take for an option.
local TAKES_DASH = { ["--order"] = true, ["--priority"] = true }

local function to_id(text)
  local id = text:match "^%d+$" and tonumber(text)
  if not id or id < 1 then
    return nil, ("'%s' is not the id of a work"):format(text)
  end
  return id
end

local function to_count(text)
  local count = text:match "^%d+$" and tonumber(text)
  if not count then
    return nil, ("'%s' is not a whole number"):format(text)
  end
  return count
end

--- Seconds or epoch seconds as a number; everything else stays text, for the module to judge.
local function to_time(text)
  return text:match "^%d+%.?%d*$" and tonumber(text) or text
end

-- They may stand before the command too, under names of their own: what stands after it wins.
local function add_common(command, before)
  command:option("--db", "The database; else the environment's MOONSHIFT_DB."):argname("FILE")
    :target(before .. "db")
  command:flag("--json", "Answer with JSON."):target(before .. "json")
end

local function add_selector(command)
  command:argument("ids", "Ids of works."):args("*"):argname("ID"):convert(to_id)
  command:option("--tag", "Works with this tag."):count("*"):argname "TAG"
  command:option("--worker", "Works for this worker."):count("*"):argname "NAME"
  command:option("--queue", "Works of this queue."):count("*"):argname "NAME"
  command:option("--name", "Works under this name."):count("*"):argname "NAME"
  command:option("--state", "Works in this state."):count("*"):choices(STATES)
end

local function add_run(parser)
  local run = parser:command("run", "Serve the store until it is done, idle or interrupted.")
  run:option("--workers", "A module that returns workers by name."):count("+"):argname "MODULE"
  run:option("--threads", "How many worker threads; else one for each CPU."):argname("N")
    :convert(to_count)
  run:option("--setup", "A module that each worker thread requires first."):argname "MODULE"
  run:option("--until", "When to end by itself."):choices { "idle", "done" }
  run:option("--durability", "What an acknowledged change survives."):choices { "full", "normal" }
  run:option("--set", "Give a condition a value: true, false or a kind of network; "
    .. "- reads more of them from standard input, one a line, as long as it serves.")
    :count("*"):argname "NAME=VALUE"
  return run
end

local function add_list(parser)
  local list = parser:command("list", "List works.")
  add_selector(list)
  list:option("--limit", "At most so many."):argname("N"):convert(to_count)
  list:option("--order", "The order; the newest first is -id."):choices { "id", "-id", "due" }
  return list
end

local function add_enqueue(parser)
  local enqueue = parser:command("enqueue", "Enqueue one work and print its id.")
  enqueue:argument("worker", "Name of the worker."):argname "WORKER"
  enqueue:argument("input", "Its input as a JSON object; - reads it from standard input.")
    :args("?"):argname "INPUT"
  enqueue:option("--tag", "Tag it."):count("*"):argname "TAG"
  enqueue:option("--delay", "Start it after this long at the earliest."):argname("DURATION")
    :convert(to_time)
  enqueue:option("--at", "Start it at this time at the earliest."):argname("TIME"):convert(to_time)
  enqueue:option("--every", "Repeat it."):argname("DURATION"):convert(to_time)
  enqueue:option("--cron", "Repeat it by calendar."):argname "EXPRESSION"
  enqueue:option("--zone", "The time zone of --cron."):argname "ZONE"
  enqueue:option("--queue", "Put it into this queue."):argname "NAME"
  enqueue:option("--priority", "From -100 to 100, higher first."):argname("N"):convert(tonumber)
  enqueue:option("--name", "Enqueue it under a unique name; needs --existing."):argname "NAME"
  enqueue:option("--existing", "What to do with work of that name."):choices(POLICIES)
  enqueue:option("--after", "Run it after this work has succeeded."):count("*"):argname("ID")
    :convert(to_id)
  enqueue:option("--max-attempts", "Fail it after so many runs."):argname("N"):convert(to_count)
  enqueue:option("--timeout", "Stop a run that takes longer."):argname("DURATION"):convert(to_time)
  enqueue:option("--deadline", "Fail it if it has not started by then."):argname("TIME")
    :convert(to_time)
  enqueue:option("--backoff-delay", "First wait after a retry."):argname("DURATION")
    :convert(to_time)
  enqueue:option("--constraint", "Start it only while this holds: network=connected, charging, "
    .. "custom=NAME, files=PATH, files.settle=2s, files.rearm and so on."):count("*")
    :argname "NAME[=VALUE]"
  enqueue:option("--trace", "Text for logs and events."):argname "TEXT"
  return enqueue
end

local function add_changes(parser)
  local cancel = parser:command("cancel", "Cancel unfinished works and what depends on them.")
  add_selector(cancel)
  cancel:flag("--all", "All works.")
  local retry = parser:command("retry", "Enqueue failed or cancelled works again.")
  add_selector(retry)
  retry:flag("--all", "All failed or cancelled works.")
  local prune = parser:command("prune", "Delete finished works.")
  prune:option("--older-than", "Only what finished longer ago."):argname("DURATION")
    :convert(to_time)
  return cancel, retry, prune
end

local function add_questions(parser)
  local show = parser:command("show", "Show all about one work.")
  show:argument("id", "Its id."):argname("ID"):convert(to_id)
  local why = parser:command("why", "Say what an enqueued work waits for.")
  why:argument("id", "Its id."):argname("ID"):convert(to_id)
  local stats = parser:command("stats", "Show counts of works and of what this store does.")
  local top = parser:command("top", "Watch what runs and what comes next.")
  top:flag("--once", "Show it once and end, also on a terminal.")
  local serve = parser:command("serve", "Let a browser on this machine look into the store.")
  serve:option("--listen", "Where; else 127.0.0.1:7070."):argname "HOST:PORT"
  local doctor = parser:command("doctor", "Look for what is wrong with the store and around it.")
  return show, why, stats, top, serve, doctor
end

local cli_parser = {}

--- A new argparse parser. Its `error` writes usage and message and leaves with status 2.
function cli_parser.new()
  local parser = argparse("moonshift", "Persistent background work.")
  parser:command_target "command"
  parser:require_command(true)
  local commands = { add_run(parser), add_list(parser), add_enqueue(parser) }
  for _, command in ipairs { add_questions(parser) } do
    commands[#commands + 1] = command
  end
  for _, command in ipairs { add_changes(parser) } do
    commands[#commands + 1] = command
  end
  for _, command in ipairs(commands) do
    add_common(command, "")
  end
  add_common(parser, "before_")
  parser.error = function(current, message)
    io.stderr:write(("moonshift: %s\n%s\n"):format(message, current:get_usage()))
    os.exit(2)
  end
  return parser
end

--- Joins such options with their values: `--order -id` becomes `--order=-id`.
function cli_parser.join(arguments)
  local joined = {}
  for _, argument in ipairs(arguments) do
    local before = joined[#joined]
    if TAKES_DASH[before] and argument:sub(1, 1) == "-" then
      joined[#joined] = before .. "=" .. argument
    else
      joined[#joined + 1] = argument
    end
  end
  return joined
end

return cli_parser
