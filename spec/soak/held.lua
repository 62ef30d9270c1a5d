--- Files that runs hold: each names the process that has it, and counts for as long as that lives.
local lfs = require "lfs"
local process = require "spec.soak.process"
local system = require "system"

local held = {}

-- Longer than from one beat to the next.
local BEATS_S = 0.05

local SELF = process.identity "self"

local function read(path)
  local file = io.open(path, "r")
  local text = file and file:read "*a"
  if file then
    file:close()
  end
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
end

--- Does a living process hold the file?
function held.is_held(path)
  local holder = read(path)
  return holder ~= nil and process.lives(holder)
end

--- How many files of the folder are held?
function held.count(folder)
  local number = 0
  for name in lfs.dir(folder) do
    if name:match "^%d+$" and held.is_held(folder .. "/" .. name) then
      number = number + 1
    end
  end
  return number
end

--- Puts this process into a file of the folder, which it returns.
function held.hold(folder, id)
  local path = folder .. "/" .. id
  lfs.mkdir(folder)
  write(path, SELF)
  return path
end

--- Shows that a run lives that cannot give back what it holds.
function held.beat(path, run)
  write(path, ("%d %.6f"):format(run, system.monotime()))
end

--- Has a run shown since that moment that it lives?
function held.has_beaten(path, since)
  system.sleep(BEATS_S)
  local beaten_at = tonumber((read(path) or ""):match "^%d+ (%S+)$")
  return beaten_at ~= nil and beaten_at > since
end

return held
