local bench = require "spec.support.bench"

describe("stop_work", function()
  after_each(bench.clear)

  for _, reason in ipairs { "cancelled", "replaced" } do
    it("with reason " .. reason .. " cancels the work and what depends on it", function()
      local manager, diary = bench.open()
      local ids = manager:chain { { worker = "long" }, { worker = "succeed" } }
      manager:run_due()
      manager:stop_work(ids[1], reason)
      assert.are.same({ "cancelled", "cancelled" }, bench.states(manager, ids))
      assert.are.equal(reason, manager:find(ids[1]).stop_reason)
      assert.are.equal(reason, diary[1].reason)
    end)
  end
end)
