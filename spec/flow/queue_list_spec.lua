local bench = require "spec.support.bench"

describe("the list of queues", function()
  after_each(bench.clear)

  it("has the settings of every queue that has any", function()
    local manager = bench.open {
      queues = { uploads = { limit = 2, rate = "10/m" }, mail = { rate = "90/d" } },
    }
    manager:pause "mail"
    manager:enqueue { worker = "succeed", queue = "plain" }
    assert.are.same({
      uploads = { limit = 2, rate = "10/m", paused = false },
      mail = { rate = "90/d", paused = true },
    }, manager:queues())
  end)

  it("is empty while every queue is unlimited, and shows what another process sets", function()
    local manager = bench.open()
    assert.are.same({}, manager:queues())
    manager:peer():set_queue("slow", { limit = 1 })
    assert.are.same({ slow = { limit = 1, paused = false } }, manager:queues())
  end)
end)
