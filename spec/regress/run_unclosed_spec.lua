local child = require "spec.support.child"
local stores = require "spec.support.stores"

describe("a command of a store that cannot be closed in order", function()
  after_each(child.clear)
  after_each(stores.clear)

  it("is not done if it ran works, whose ends may not be stored", function()
    local program = child.start("unclosed", "run", "--db", stores.path(), "--workers",
      "spec.support.workers.basic", "--threads", "1", "--until", "idle")
    assert.are.equal("moonshift: the disk is full\n1\n", program:rest())
  end)

  it("is done if it asked for something, which is stored", function()
    local program = child.start("unclosed", "enqueue", "--db", stores.path(), "later")
    assert.are.equal("1\n0\n", program:rest())
  end)
end)
