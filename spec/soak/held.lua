--- Files that runs hold: each names the process that has it, and counts for as long as that lives.
local files = require "spec.support.folder"
local lfs = require "lfs"
local process = require "spec.soak.process"
local system = require "system"

local held = {}

-- Longer than from one beat to the next.
local BEATS_S = 0.05

local SELF = process.identity "self"

--- The living process that holds the file, and its run; nil if there is none.
local function holder(path)
  local text = files.read(path) or ""
  local identity = text:match "^%d+ %d+"
  return identity and process.lives(identity) and text or nil
end

function held.is_held(path)
  return holder(path) ~= nil
end

--- Who holds which file of the folder; each is looked at some time after the one before.
local function look(folder)
  local holders = {}
  for name in lfs.dir(folder) do
    holders[name] = name:match "^%d+$" and holder(folder .. "/" .. name)
  end
  return holders
end

--- Which files of the folder are held at one and the same moment, and by whom: two looks find them
--- in the same run.
function held.list(folder)
  local list, before = {}, look(folder)
  for name, text in pairs(look(folder)) do
    if text and text == before[name] then
      list[#list + 1] = name .. " by " .. text
    end
  end
  return list
end

--- Puts this process and the run of the work into a file of the folder, which it returns.
function held.hold(folder, work)
  local path = folder .. "/" .. work.id
  lfs.mkdir(folder)
  files.write(path, SELF .. " " .. work.run)
  return path
end

--- Shows that a run lives that cannot give back what it holds.
function held.beat(path, run)
  files.write(path, ("%d %.6f"):format(run, system.monotime()))
end

--- Has a run shown since that moment that it lives?
function held.has_beaten(path, since)
  system.sleep(BEATS_S)
  local beaten_at = tonumber((files.read(path) or ""):match "^%d+ (%S+)$")
  return beaten_at ~= nil and beaten_at > since
end

return held
