local bench = require "spec.support.bench"
local expect = require "spec.support.expect"

describe("the name of periodic work", function()
  after_each(bench.clear)

  it("is not shared with other works of the call", function()
    local manager = bench.open()
    local hourly = { worker = "succeed", every = "1h" }
    for _, list in ipairs { { hourly, hourly }, { hourly, { worker = "succeed" } } } do
      for _, existing in ipairs { "keep", "replace", "append", "append_or_replace", "update" } do
        expect.misuse(function()
          manager:enqueue(list, { name = "sync", existing = existing })
        end, "unique.name", "periodic")
      end
    end
    assert.are.equal(0, manager:count { all = true })
  end)

  it("is that of a list of one", function()
    local manager = bench.open()
    local ids = manager:enqueue({ { worker = "succeed", every = "1h" } },
      { name = "sync", existing = "keep" })
    assert.are.equal("sync", manager:find(ids[1]).name)
  end)
end)
