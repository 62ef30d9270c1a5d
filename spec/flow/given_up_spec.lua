local folder = require "spec.support.folder"
local stores = require "spec.support.stores"

describe("native code that never returns", function()
  local manager, troubles, gate, input

  before_each(function()
    troubles = {}
    manager = stores.pool("holding", {
      threads = 1, stop_grace = "10ms",
      on_error = function(event)
        troubles[#troubles + 1] = event
      end,
    })
    local base = folder.new()
    gate = base .. "/gate"
    input = { log = base .. "/log", gate = gate }
  end)
  after_each(function()
    folder.write(gate, "")
    stores.clear()
  end)

  local function cancel_it()
    local id = manager:enqueue { worker = "native", input = input }
    stores.until_true(manager, id, function()
      return folder.lines(input.log)[1]
    end)
    assert.are.equal(1, manager:cancel(id))
    return id
  end

  it("loses its thread to another one, and that is told", function()
    local id = cancel_it()
    assert.are.equal("succeeded", stores.result(manager, manager:enqueue { worker = "pass" }).state)
    local stats = manager:stats()
    assert.are.equal(1, stats.threads)
    assert.are.equal("cancelled", manager:find(id).state)
    local kinds = {}
    for _, event in ipairs(troubles) do
      kinds[#kinds + 1] = event.kind
      assert.are.equal(id, event.id)
    end
    assert.are.same({ "thread" }, kinds)
  end)

  it("does not keep the manager from closing, nor run twice while it goes on", function()
    local path = folder.new() .. "/work.db"
    local first = stores.pool("holding", { threads = 1, stop_grace = "10ms", database = path })
    local id = first:enqueue { worker = "native", input = input }
    stores.until_true(first, id, function()
      return folder.lines(input.log)[1]
    end)
    first:close "10ms"
    local second = stores.pool("holding", { threads = 1, database = path })
    stores.result(second, second:enqueue { worker = "pass" })
    assert.are.same({ "begin 1" }, folder.lines(input.log))
    assert.are.equal("enqueued", second:find(id).state)
  end)
end)
