-- One worker, tried without a manager: time passes only in work:sleep, and takes none.

local core = require "moonshift.core"
local misuse = require "moonshift.misuse"

local fields = { input = true, attempt = true, tags = true, files = true, stop_after = true }

-- The run is told so when stop_after is over.
local STOP_REASON = "cancelled"

local function check_options(options)
  if type(options) ~= "table" then
    error("options: expected a table, got " .. type(options), 0)
  end
  for name in pairs(options) do
    if not fields[name] then
      error("options." .. tostring(name) .. ": unknown field", 0)
    end
  end
  if options.stop_after ~= nil then
    return core.duration(options.stop_after, "options.stop_after")
  end
end

local function make_trial(options, record)
  return core.trial({
    worker = "worker",
    input = options.input,
    attempt = options.attempt,
    tags = options.tags,
    files = options.files,
  }, record)
end

-- Lets the worker go on until it ends. A sleep that ends when the stop comes has ended first.
local function drive(work, thread, stop_after)
  local now, stopped = 0, false
  local sleep = core.step(work, thread)
  while sleep do
    if not stopped and stop_after and now + sleep > stop_after then
      stopped = true
      now = math.max(now, stop_after)
      core.stop_trial(work, STOP_REASON)
    end
    if stopped then
      sleep = core.step(work, thread, nil, core.heed(work))
    else
      now = now + sleep
      sleep = core.step(work, thread, true)
    end
  end
end

-- trial(worker, options) → outcome, output, record.
return function(worker, options)
  if worker == nil then
    misuse.fail("testing.worker: expected a function, or a table with the function run, got nil")
  end
  if options == nil then
    options = {}
  end
  local record = { progress = {}, log = {} }
  local entries = misuse.check(core.entries, { worker = worker }, "testing")
  local stop_after = misuse.check(check_options, options)
  local work = misuse.check(make_trial, options, record)
  local thread = core.start(work, entries)
  if thread then
    drive(work, thread, stop_after)
  end
  local outcome, output, message, wait = core.outcome(work)
  core.end_trial(work)
  record.error = message
  record.retry_after = wait and wait / 1000
  return outcome, output, record
end
