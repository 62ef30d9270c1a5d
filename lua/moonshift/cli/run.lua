--- The command that serves a store. On a terminal it shows a live line, else a line for each event.
local core = require "moonshift.core"
local events = require "moonshift.cli.events"
local fail = require "moonshift.cli.fail"
local progress = require "moonshift.cli.progress"
local request = require "moonshift.cli.request"
local terminal = require "moonshift.cli.terminal"

-- How long to wait for news before the line is drawn again, while works run and while none does.
local REDRAW_MS = 200
local REDRAW_IDLE_MS = 1000

local function set_conditions(manager, words)
  for _, word in ipairs(words) do
    fail.check(manager:set_condition(request.condition(word)))
  end
end

--- Returns how long the line may stay like this.
local function draw(manager, line)
  local stats = fail.check(manager:stats())
  local running = fail.check(manager:query({ state = "running" }, { limit = 3 }))
  line:draw(stats, running, core.steady() / 1000)
  return #running > 0 and REDRAW_MS or REDRAW_IDLE_MS
end

local function is_over(manager, mode)
  if core.signals_caught(manager) then
    return true
  elseif mode then
    return fail.check(core[mode](manager))
  end
  return false
end

--- As manager:run, besides that it draws the line now and then; the engine's own threads do the
--- work, so that nothing is late.
local function watch(manager, mode, line)
  repeat
    core.clear(manager)
    local seen = core.changes(manager)
    fail.check(manager:dispatch())
    local pause = draw(manager, line)
    local over = is_over(manager, mode)
    if not over then
      core.wait(manager, seen, pause)
    end
  until over
end

local function run_live(manager, mode)
  local line = progress.new(terminal.width())
  fail.check(core.signals_begin(manager))
  local ok, message = pcall(watch, manager, mode, line)
  core.signals_end(manager)
  draw(manager, line)
  line:finish()
  if not ok then
    error(message, 0)
  end
end

--- Workers start when the store is opened, a moment before anybody can observe. What they have done
--- by then is in the snapshots.
local function is_news(event, begun)
  local work = event.work
  return event.type ~= "snapshot" or work.state == "running" or (work.finished_at or 0) >= begun
end

local function run_with_lines(manager, options)
  local write = options.json and events.json or events.line
  fail.check(manager:observe({ all = true }, function(event)
    if is_news(event, options.begun) then
      io.stdout:write(write(event), "\n")
      io.stdout:flush()
    end
  end))
  set_conditions(manager, options.set)
  fail.check(manager:run(options["until"]))
end

return function(manager, options)
  if not options.json and terminal.is_interactive() then
    set_conditions(manager, options.set)
    run_live(manager, options["until"])
  else
    run_with_lines(manager, options)
  end
  return 0
end
