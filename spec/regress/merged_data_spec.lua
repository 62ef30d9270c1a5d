local bench = require "spec.support.bench"
local expect = require "spec.support.expect"

describe("what a merger of the application returns", function()
  after_each(bench.clear)

  it("is data as any input is, else the work fails before its worker is called", function()
    local cycle = {}
    cycle.deep = { cycle }
    local wrong = {
      ["input.files[2].read: expected data"] = { files = { "a", { read = print } } },
      ["input: mixed keys"] = { "a", b = 1 },
      ["input.deep"] = cycle,
      ["expected a table"] = "text",
    }
    for text, returned in pairs(wrong) do
      local manager, diary = bench.open { workers = {
        join = function()
          return returned
        end,
      } }
      local id = manager:enqueue { worker = "succeed", merger = "join" }
      manager:run_due()
      assert.are.equal("failed", manager:find(id).state)
      expect.text('merger "join": ', manager:find(id).error)
      expect.text(text, manager:find(id).error)
      assert.are.equal(0, #diary)
    end
  end)

  it("may be larger than what is enqueued", function()
    local manager, diary = bench.open { max_data_bytes = 100, workers = {
      join = function()
        return { text = ("x"):rep(1000) }
      end,
    } }
    manager:enqueue { worker = "succeed", merger = "join" }
    manager:run_due()
    assert.are.equal(1000, #diary[1].input.text)
  end)
end)
