local bench = require "spec.support.bench"
local expect = require "spec.support.expect"

describe("a name whose periodic work was cancelled", function()
  it("takes nothing appended, which a retry would leave blocked for ever", function()
    local manager = bench.open()
    finally(bench.clear)
    local unique = { name = "feed", existing = "append" }
    local id = manager:enqueue({ worker = "succeed", every = "1h" }, unique)
    manager:cancel(id)
    expect.misuse(function()
      local appended = manager:enqueue({ worker = "succeed" }, unique)
      return appended
    end)
    assert.are.equal(1, manager:retry(id))
    assert.are.equal(0, manager:count { state = "blocked" })
  end)
end)
