local bench = require "spec.support.bench"

describe("the place that enqueued", function()
  after_each(bench.clear)

  it("stays when the work is updated, also by its name", function()
    local manager = bench.open()
    local unique = { name = "sync", existing = "update" }
    local id = manager:enqueue({ worker = "succeed", delay = "1h" }, unique)
    local place = manager:find(id).enqueued_by
    manager:update(id, { worker = "succeed", delay = "2h" })
    assert.are.equal(place, manager:find(id).enqueued_by)
    manager:enqueue({ worker = "succeed", delay = "3h" }, unique)
    assert.are.equal(place, manager:find(id).enqueued_by)
    assert.are.equal(2, manager:find(id).generation)
  end)
end)
