--- One line on a terminal that shows how the store is doing, drawn over again and again.
local format = require "moonshift.cli.format"

local STATES = { "enqueued", "blocked", "running", "succeeded", "failed", "cancelled" }
-- The rate is that of about so many seconds.
local RATE_SPAN = 3
local SHOWN_WORKS = 3
local PROGRESS_WIDTH = 24

local progress = {}
progress.__index = progress

--- A line for a terminal of that width.
function progress.new(width)
  return setmetatable({ width = width or 80, samples = {} }, progress)
end

--- How many works a second finish, from the number that has finished so far at the time.
function progress:rate(finished, time)
  local samples = self.samples
  table.insert(samples, { finished = finished, time = time })
  while #samples > 2 and time - samples[1].time > RATE_SPAN do
    table.remove(samples, 1)
  end
  local first = samples[1]
  return time > first.time and (finished - first.finished) / (time - first.time) or 0
end

local function counts_of(stats)
  local words = {}
  for _, state in ipairs(STATES) do
    local count = stats[state]
    if count and (count > 0 or state == "enqueued") then
      words[#words + 1] = ("%d %s"):format(count, state)
    end
  end
  return table.concat(words, ", ")
end

--- A work's own words on how far it is: a percentage if it gives one.
local function progress_of(info)
  if not info.progress then
    return ""
  elseif type(info.progress.percent) == "number" then
    return " " .. format.percent(info.progress.percent)
  end
  return " " .. format.cut(format.plain(format.json(info.progress)), PROGRESS_WIDTH)
end

local function works_of(infos)
  local words = {}
  for index = 1, math.min(#infos, SHOWN_WORKS) do
    local info = infos[index]
    words[index] = ("%s %d%s"):format(format.plain(info.worker), info.id, progress_of(info))
  end
  return table.concat(words, ", ")
end

--- The line's text. stats has a count for each state and `results`, how many runs have ended here;
--- running is a list of infos; time is in seconds.
function progress:text(stats, running, time)
  local text = ("%s  %.0f/s"):format(counts_of(stats), self:rate(stats.results or 0, time))
  local works = works_of(running)
  return format.cut(works == "" and text or text .. "  " .. works, self.width - 1)
end

function progress:draw(stats, running, time)
  io.stdout:write("\r\27[K", self:text(stats, running, time))
  io.stdout:flush()
end

--- Makes room for other text, which the next drawing follows.
function progress:clear()
  io.stdout:write "\r\27[K"
  io.stdout:flush()
end

--- Leaves the line as it is and goes below it.
function progress:finish()
  io.stdout:write "\n"
  io.stdout:flush()
end

return progress
