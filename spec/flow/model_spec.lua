local bench = require "spec.support.bench"
local walk = require "spec.support.random_walk"

-- MOONSHIFT_STEPS and MOONSHIFT_SEED ask for another number of steps and for other stories.
local STEPS = tonumber(os.getenv "MOONSHIFT_STEPS") or 10000
local FIRST_SEED = tonumber(os.getenv "MOONSHIFT_SEED") or 1
local STEPS_EACH = 250

describe("random operations", function()
  after_each(bench.clear)

  for seed = FIRST_SEED, FIRST_SEED + math.ceil(STEPS / STEPS_EACH) - 1 do
    it("lead where the model says, with seed " .. seed, function()
      walk(seed, STEPS_EACH)
    end)
  end
end)
