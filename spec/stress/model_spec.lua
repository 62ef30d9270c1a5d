local bench = require "spec.support.bench"
local walk = require "spec.support.random_walk"

describe("random operations", function()
  after_each(bench.clear)

  it("lead where the model says, in long and in many stories", function()
    local first = tonumber(os.getenv "MOONSHIFT_SEED") or os.time()
    print("the first seed is " .. first)
    for seed = first, first + 39 do
      walk(seed, 2000)
      bench.clear()
    end
  end)
end)
