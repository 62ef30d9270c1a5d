--- Measures moonshift and the queues of the field, one after the other in each round, and prints
--- the medians of all, each beside how many times better ours is.
local asked = require "benchmark.asked"
local median = require "benchmark.median"
local report = require "benchmark.report"
local subjects = require "benchmark.subjects"
local versions_line = require "benchmark.versions"

local ROUNDS = asked.size(3, 1)
local SIZES = {
  works = asked.size(50000, 10000), lone = asked.size(200, 50),
  -- How long at most a part of a peer's round takes, and how long one waits for a work whose
  -- process was killed.
  seconds = asked.size(5, 1), patience = asked.size(90, 4),
}
local DURABILITIES = { "normal", "full" }

--- more is set where more is better. The last two are told once, at "full".
local ROWS = {
  { key = "enqueue", name = "enqueue in bulk", unit = "works/s", more = true },
  { key = "drain", name = "drain", unit = "works/s", more = true },
  { key = "first", name = "enqueue to first line", unit = "us" },
  { key = "late", name = "the same, 99 of 100", unit = "us" },
  { key = "hop", name = "chain hop", unit = "us" },
  { key = "bytes", name = "disk for each work", unit = "bytes" },
  { key = "load", name = "memory, draining", unit = "MB" },
  { key = "idle", name = "memory, idle", unit = "MB", once = true },
  { key = "recovery", name = "killed to running again", unit = "s", once = true },
}

local chosen = {}
for index, subject in ipairs(subjects) do
  if index == 1 or asked.wants(subject.name) then
    chosen[#chosen + 1] = subject
  end
end

--- All rounds: measured[durability][key][name of the subject] is a list of figures.
local measured, settings = { once = {} }, {}

local function keep(kind, subject, figures)
  for _, row in ipairs(ROWS) do
    local value = figures[row.key]
    if value then
      measured[kind] = measured[kind] or {}
      local by_name = measured[kind][row.key] or {}
      measured[kind][row.key] = by_name
      by_name[subject.name] = by_name[subject.name] or {}
      table.insert(by_name[subject.name], value)
    end
  end
end

local function measure_all()
  for round = 1, ROUNDS do
    for _, durability in ipairs(DURABILITIES) do
      for _, subject in ipairs(chosen) do
        asked.note("round %d of %d, %s, %s", round, ROUNDS, durability, subject.name)
        local figures = subjects.measure(subject, durability, SIZES)
        settings[subject.name] = settings[subject.name] or {}
        settings[subject.name][durability] = figures.settings
        keep(durability, subject, figures)
      end
    end
  end
end

local function recover_all()
  for _, subject in ipairs(chosen) do
    asked.note("kill, %s", subject.name)
    local figures = subjects.recover(subject, SIZES)
    subject.lost = not figures.found
    keep("once", subject, figures)
  end
end

--- One row of the result: a figure of each subject, and how many times better ours is.
local function result_of(row, kind)
  local by_name = measured[kind][row.key]
  local ours = median(by_name.moonshift)
  local result = {
    name = row.name, unit = row.unit, durability = kind ~= "once" and kind or "full",
    moonshift = ours, peers = {}, rounds = by_name,
  }
  for index = 2, #chosen do
    local name, value = chosen[index].name, median(by_name[chosen[index].name])
    result.peers[name] = {
      value = value, at_least = row.key == "recovery" and chosen[index].lost or false,
      times_better = row.more and ours / value or value / ours,
    }
  end
  return result
end

local function text_of(value)
  return (value >= 100 and "%.0f" or value >= 1 and "%.1f" or "%.3f"):format(value)
end

local function cells_of(row)
  local cells = {
    name = row.name, durability = row.durability, unit = row.unit,
    moonshift = text_of(row.moonshift),
  }
  for name, peer in pairs(row.peers) do
    local sign = peer.at_least and ">" or ""
    cells[name] = ("%s%s (%s%s)"):format(sign, text_of(peer.value), sign,
      text_of(peer.times_better))
  end
  return cells
end

local function columns()
  local list = {
    { key = "name", title = "" }, { key = "durability", title = "DURABILITY" },
    { key = "unit", title = "" }, { key = "moonshift", title = "MOONSHIFT", right = true },
  }
  for index = 2, #chosen do
    list[index + 3] = { key = chosen[index].name, title = chosen[index].name:upper(), right = true }
  end
  return list
end

local function settings_lines()
  local lines = {}
  for _, subject in ipairs(chosen) do
    for _, durability in ipairs(DURABILITIES) do
      lines[#lines + 1] = ("%s, %s: %s"):format(subject.name, durability,
        settings[subject.name][durability])
    end
  end
  return table.concat(lines, "\n")
end

measure_all()
recover_all()
local rows = {}
for _, row in ipairs(ROWS) do
  for _, kind in ipairs(row.once and { "once" } or DURABILITIES) do
    rows[#rows + 1] = result_of(row, kind)
  end
end
local versions = versions_line()
local heading = "%s\n%s\n%d works, medians of %d rounds; in brackets how many times better ours is"
heading = heading:format(versions, settings_lines(), SIZES.works, ROUNDS)
report({ title = heading, sizes = SIZES, settings = settings, versions = versions, rows = rows },
  columns(), cells_of)
