local expect = require "spec.support.expect"
local folder = require "spec.support.folder"
local stores = require "spec.support.stores"

describe("awaiting", function()
  local manager

  before_each(function()
    manager = stores.pool "basic"
  end)
  after_each(stores.clear)

  it("gives the infos of the finished works", function()
    local ids = manager:enqueue { { worker = "succeed" }, { worker = "fail" } }
    local infos = stores.finished(manager, ids)
    assert.are.equal(2, #infos)
    assert.are.equal("succeeded", infos[1].state)
    assert.are.equal("failed", infos[2].state)
  end)

  it("gives the works of any selector", function()
    local tagged = { worker = "succeed", tags = { "x" } }
    manager:enqueue(tagged)
    manager:enqueue(tagged)
    manager:enqueue { worker = "later" }
    assert.are.equal(2, #stores.finished(manager, { tag = "x" }))
  end)

  it("returns at once when nothing that is selected is unfinished", function()
    assert.are.same({}, manager:await({ tag = "nobody" }, 0.001))
    local id = manager:enqueue { worker = "succeed" }
    stores.result(manager, id)
    assert.are.equal(id, manager:await(id)[1].id)
  end)

  it("gives TIMEOUT when the time is over, and the work goes on", function()
    local gate = folder.new() .. "/gate"
    local id = manager:enqueue { worker = "gate", input = { log = gate .. ".log", gate = gate } }
    expect.code("TIMEOUT", manager:await(id, "50ms"))
    folder.write(gate, "")
    assert.are.equal("succeeded", stores.result(manager, id).state)
  end)

  it("a wrong timeout or selector raises", function()
    expect.misuse(function()
      local infos = manager:await(1, "soon")
      return infos
    end, "timeout")
    expect.misuse(function()
      local infos = manager:await {}
      return infos
    end, "selector")
  end)
end)
