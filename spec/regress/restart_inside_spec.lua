local bench = require "spec.support.bench"
local expect = require "spec.support.expect"

describe("a restart of the system inside a worker", function()
  local manager, peer, restart

  before_each(function()
    manager = bench.open { workers = { restart = function()
      expect.misuse(function()
        restart()
      end, "restart: a manager cannot crash inside a worker that it runs itself")
      return "success"
    end } }
    peer = manager:peer()
  end)
  after_each(bench.clear)

  local function nothing_has_changed()
    local id = manager:enqueue { worker = "restart" }
    local before = manager:now()
    assert.are.equal(1, manager:run_due())
    local info = peer:find(id)
    assert.are.equal("succeeded", info.state, info.error)
    assert.are.equal(before, manager:now())
  end

  it("changes nothing", function()
    function restart()
      manager:restart(60)
    end
    nothing_has_changed()
  end)

  it("of another manager changes nothing either", function()
    function restart()
      peer:restart(60)
    end
    nothing_has_changed()
  end)
end)
