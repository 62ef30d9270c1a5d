local bench = require "spec.support.bench"
local expect = require "spec.support.expect"

describe("periodic work", function()
  local manager

  before_each(function()
    manager = bench.open()
  end)
  after_each(bench.clear)

  local function refuses(id, kind)
    expect.misuse(function()
      local count = manager:meet(id, kind)
      return count
    end, "does not wait for its " .. kind)
  end

  it("waits for its delay, not for a period, before its first start", function()
    local id = manager:enqueue { worker = "succeed", every = "1h", delay = "10m" }
    assert.are.equal("delay", manager:why(id)[1].kind)
    refuses(id, "period")
    assert.are.equal(1, manager:meet(id, "delay"))
  end)

  it("waits for its period, not for its delay, after its first run", function()
    local id = manager:enqueue { worker = "succeed", every = "1h", delay = "10m" }
    manager:advance "10m"
    assert.are.equal("period", manager:why(id)[1].kind)
    refuses(id, "delay")
    assert.are.equal(1, manager:meet(id, "period"))
  end)

  it("waits for both where it runs at the end of its periods", function()
    for _, kind in ipairs { "delay", "period" } do
      local id = manager:enqueue { worker = "succeed", every = "1h", flex = "5m", delay = "10m" }
      assert.are.equal("period", manager:why(id)[1].kind)
      assert.are.equal(1, manager:meet(id, kind))
    end
  end)
end)
