--- What the system knows of a process.
local files = require "spec.support.folder"

local process = {}

-- A flag of a process that is about to end: it lets go of its files before it is a zombie.
local EXITING = 4

--- Its number, its state as one letter, when it was started, and whether it is about to end.
local function look(pid)
  local stat = files.read("/proc/" .. pid .. "/stat")
  local number, state, rest = (stat or ""):match "^(%d+) %(.*%) (%S) (.*)$"
  local fields = {}
  for field in (rest or ""):gmatch "%S+" do
    fields[#fields + 1] = field
  end
  local flags = tonumber(fields[6] or 0)
  return number, state, fields[19], flags % (2 * EXITING) >= EXITING
end

local function is_over(state)
  return not state or state == "Z" or state == "X"
end

--- Number and start time, which no other process has; nil if it is gone, or as good as that.
function process.identity(pid)
  local number, state, started, exiting = look(pid)
  return not is_over(state) and not exiting and number .. " " .. started or nil
end

--- A stopped process lives.
function process.lives(identity)
  local pid = identity:match "^%d+"
  return pid ~= nil and process.identity(pid) == identity
end

function process.is_over(pid)
  return is_over(select(2, look(pid)))
end

function process.is_stopped(pid)
  return select(2, look(pid)) == "T"
end

return process
