local bench = require "spec.support.bench"
local expect = require "spec.support.expect"

describe("a work that does not exist", function()
  after_each(bench.clear)

  it("waits for nothing and does not run, and a test that believes so is wrong", function()
    local manager = bench.open()
    for _, kind in ipairs { "delay", "constraints", "period" } do
      expect.misuse(function() manager:meet(7, kind) end, "there is no work 7")
    end
    expect.misuse(function() manager:stop_work(7, "preempted") end, "work 7 does not run")
  end)
end)
