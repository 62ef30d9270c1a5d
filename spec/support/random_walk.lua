--- Plays one random story and says, when manager and model part, how to see it again.
local Story = require "spec.support.random_story"
local steps = require "spec.support.random_steps"

-- Each step as often as it stands here.
local NAMES = {
  "enqueue", "enqueue", "enqueue", "enqueue", "enqueue_named", "enqueue_named", "enqueue_named",
  "advance", "advance", "advance", "advance", "run_due", "run_due", "cancel", "cancel_tag", "retry",
  "retry", "retry", "run_now", "run_now", "update", "update", "stop_work", "stop_work", "set_queue",
  "pause", "pause", "set_condition", "set_condition", "set_condition", "prune", "crash", "jump",
}

--- Plays so many steps with the seed.
local function walk(seed, count)
  local story = Story.new(seed)
  local told = {}
  for step = 1, count do
    local name = NAMES[story.draw(1, #NAMES)]
    told[step] = ("%d: %s"):format(step, name)
    local ok, result = pcall(function()
      local what = steps[name](story)
      told[step] = ("%d: %s %s"):format(step, name, what or "")
      story:compare()
    end)
    if not ok then
      local last = table.concat(told, "\n", math.max(1, step - 12), step)
      error(("seed %d, step %d: %s\nthe last steps:\n%s"):format(seed, step,
        tostring(type(result) == "table" and result.message or result), last), 0)
    end
  end
end

return walk
