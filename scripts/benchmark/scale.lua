--- Tells each scene at 1,000 works and at its large size, in turn in each round, and prints what
--- one work costs at both. They cost the same where nothing grows.
local asked = require "benchmark.asked"
local median = require "benchmark.median"
local moonshift = require "moonshift"
local report = require "benchmark.report"
local scenes = require "benchmark.scenes"
local system = require "system"

local ROUNDS = asked.size(3, 2)
local SMALL = 1000
-- The small size is over before the machine has settled, so it is told more often.
local SMALL_TIMES = asked.size(5, 5)

local COLUMNS = {
  { key = "name", title = "" }, { key = "large", title = "WORKS", right = true },
  { key = "small_cost", title = "US EACH AT 1000", right = true },
  { key = "large_cost", title = "US EACH AT WORKS", right = true },
  { key = "ratio", title = "RATIO", right = true },
}

--- Tells the scene once on a new store; adds the microseconds of each part to its list in costs.
local function tell(scene, size, costs)
  local database = asked.folder .. "/scale.db"
  local manager = assert(moonshift.open {
    database = database, durability = "normal", workers = "benchmark.workers", threads = 1,
  })
  assert(manager:pause "default")
  local stage = { manager = manager, size = size }
  scene.prepare(stage)
  for index, part in ipairs(scene.parts) do
    collectgarbage()
    local begun = system.monotime()
    local works = part.act(stage)
    costs[index] = costs[index] or {}
    table.insert(costs[index], (system.monotime() - begun) * 1e6 / works)
  end
  assert(manager:close())
  os.execute(("rm -f '%s'*"):format(database))
end

local function measure(scene)
  local size = asked.size(scene.large, scene.quick)
  local story = { scene = scene, size = size, small = {}, large = {} }
  for _ = 1, ROUNDS do
    for _ = 1, SMALL_TIMES do
      tell(scene, SMALL, story.small)
    end
    tell(scene, size, story.large)
  end
  return story
end

--- One row a part.
local function rows_of(story)
  local rows = {}
  for index, part in ipairs(story.scene.parts) do
    local small, large = median(story.small[index]), median(story.large[index])
    rows[index] = {
      name = story.scene.name .. ": " .. part.name, works = story.size,
      small = small, large = large, ratio = large / small,
      rounds = { small = story.small[index], large = story.large[index] },
    }
  end
  return rows
end

local function cells_of(row)
  return {
    name = row.name, large = ("%d"):format(row.works),
    small_cost = ("%.2f"):format(row.small), large_cost = ("%.2f"):format(row.large),
    ratio = ("%.2f"):format(row.ratio),
  }
end

local rows = {}
for _, scene in ipairs(scenes) do
  if asked.wants(scene.name) then
    asked.note("%s", scene.name)
    for _, row in ipairs(rows_of(measure(scene))) do
      rows[#rows + 1] = row
    end
  end
end
report({
  title = ("medians of %d rounds"):format(ROUNDS), small = SMALL, rows = rows,
}, COLUMNS, cells_of)
