local bench = require "spec.support.bench"

describe("work that replaced another", function()
  after_each(bench.clear)

  it("does not wait for later runs of a replaced work that was revived", function()
    local manager = bench.open()
    local unique = { name = "sync", existing = "replace" }
    local old = manager:enqueue({ worker = "long", input = { seconds = 60 } }, unique)
    manager:run_due()
    local new = manager:enqueue({ worker = "succeed", delay = 10 }, unique)
    manager:advance(1)
    assert.are.equal(1, manager:retry(old))
    manager:run_due()
    assert.are.equal("running", manager:find(old).state)
    manager:advance(10)
    assert.are.equal("running", manager:find(old).state)
    assert.are.equal("succeeded", manager:find(new).state)
  end)
end)
