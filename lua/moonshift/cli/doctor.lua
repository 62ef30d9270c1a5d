--- The command that says what is wrong with a store.
local diagnose = require "moonshift.cli.diagnosis"
local format = require "moonshift.cli.format"
local output = require "moonshift.cli.output"
local waiting = require "moonshift.cli.waiting"

local function say(name, ...)
  output.line(("%-11s %s"):format(name, format.plain((...):format(select(2, ...)))))
end

local function print_file(name, file)
  if file then
    say(name, "%s %s %s, %d bytes", file.mode, file.owner, file.group, file.size)
  end
end

local function print_conditions(conditions)
  local names = {}
  for name in pairs(conditions) do
    names[#names + 1] = name
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local condition = conditions[name]
    local since = condition.since and ", since " .. format.time(condition.since) or ""
    local trouble = condition.trouble and ": " .. condition.trouble or ""
    say("condition", "%s is %s (%s%s)%s", name, tostring(condition.value), condition.source, since,
      trouble)
  end
end

local function print_store(report)
  local stats = report.stats
  say("processes", "%d beside this one", stats.processes - 1)
  say("works", "%d enqueued, %d blocked, %d running, %d succeeded, %d failed, %d cancelled",
    stats.enqueued, stats.blocked, stats.running, stats.succeeded, stats.failed, stats.cancelled)
  print_conditions(report.conditions)
  for _, work in ipairs(report.waiting) do
    local reasons = waiting.words(work.reasons)
    say("waiting", "%d %s, queue %s, due since %s%s", work.id, work.worker, work.queue,
      format.time(work.due_at), reasons == "" and "" or ": " .. reasons)
  end
end

local function print_report(report)
  say("moonshift", "%s, %s", report.versions.moonshift, report.versions.lua)
  say("database", "%s", report.database.path)
  print_file("file", report.database.file)
  print_file("wal", report.database.wal)
  if report.waiting then
    print_store(report)
  end
  for _, problem in ipairs(report.problems) do
    say("WRONG", "%s", problem)
  end
  if report.well then
    print "all is well"
  end
end

return function(path, options)
  local report = diagnose(path)
  if options.json then
    output.line(format.json(report))
  else
    print_report(report)
  end
  return report.well and 0 or 1
end
