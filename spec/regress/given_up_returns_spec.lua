local folder = require "spec.support.folder"
local stores = require "spec.support.stores"

describe("work whose thread was given up", function()
  after_each(stores.clear)

  it("runs again once native code has returned after all", function()
    local given_up = false
    local manager = stores.pool("holding", {
      stop_grace = "10ms",
      on_error = function(event)
        given_up = given_up or event.kind == "thread"
      end,
    })
    local log, gate = folder.new() .. "/log", folder.new() .. "/gate"
    local request = {
      worker = "native", input = { log = log, gate = gate }, timeout = "20ms", max_attempts = 2,
      backoff = { policy = "linear", delay = "1ms" },
    }
    local id = manager:enqueue(request)
    stores.until_true(manager, id, function()
      return given_up
    end)
    assert.are.same({ "begin 1" }, folder.lines(log))
    request.timeout = nil
    manager:update(id, request)
    folder.write(gate, "")
    assert.are.equal("succeeded", stores.result(manager, id).state)
    assert.are.same({ "begin 1", "begin 2" }, folder.lines(log))
  end)
end)
