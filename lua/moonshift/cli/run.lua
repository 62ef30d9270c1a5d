--- The command that serves a store. On a terminal it shows a live line, else a line for each event.
local core = require "moonshift.core"
local events = require "moonshift.cli.events"
local fail = require "moonshift.cli.fail"
local progress = require "moonshift.cli.progress"
local terminal = require "moonshift.cli.terminal"

-- How long to wait for news before the line is drawn again, while works run and while none does.
local REDRAW_MS = 200
local REDRAW_IDLE_MS = 1000

-- Signals are looked at after so many events.
local SLICE = 64

--- Returns how long the line may stay like this.
local function draw(manager, line)
  local stats = fail.check(manager:stats())
  local running = fail.check(manager:query({ state = "running" }, { limit = 3 }))
  line:draw(stats, running, core.steady() / 1000)
  return #running > 0 and REDRAW_MS or REDRAW_IDLE_MS
end

--- What happened last is delivered before it is over.
local function is_over(manager, mode)
  return mode and fail.check(core[mode](manager)) and fail.check(manager:dispatch(SLICE)) == 0
end

--- Waits for news and for standard input, whose lines it takes.
local function wait(manager, seen, options, line, pause)
  local conditions = options.conditions
  local text = core.wait(manager, seen, pause, conditions.input)
  for _, complaint in ipairs(text and conditions:take(manager, text) or {}) do
    if line then
      line:clear()
    end
    io.stderr:write("moonshift: ", complaint, "\n")
  end
end

--- As manager:run, besides that it reads conditions and draws the line now and then; the engine's
--- own threads do the work, so that nothing is late.
local function watch(manager, options, line)
  local awaited = line and "changes" or options["until"] or "told"
  while true do
    core.clear(manager)
    local seen = core.changes(manager, awaited)
    local count = fail.check(manager:dispatch(SLICE))
    local pause = line and draw(manager, line)
    if core.signals_caught(manager) then
      return
    elseif count == 0 then
      if is_over(manager, options["until"]) then
        return
      end
      wait(manager, seen, options, line, pause)
    end
  end
end

local function serve(manager, options, line)
  fail.check(core.signals_begin(manager))
  local ok, message = pcall(watch, manager, options, line)
  core.signals_end(manager)
  if not ok then
    error(message, 0)
  end
end

local function run_live(manager, options)
  local line = progress.new(terminal.width())
  local ok, message = pcall(serve, manager, options, line)
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
  options.conditions:begin(manager)
  serve(manager, options)
end

return function(manager, options)
  if not options.json and terminal.is_interactive() then
    options.conditions:begin(manager)
    run_live(manager, options)
  else
    run_with_lines(manager, options)
  end
  return 0
end
