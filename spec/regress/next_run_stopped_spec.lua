local folder = require "spec.support.folder"
local stores = require "spec.support.stores"

-- What was claimed ahead is taken back when the settings of a queue change. In the same turn its
-- work, which was cancelled and revived by another process meanwhile, may be claimed anew.
describe("a run that follows one that was stopped before it began", function()
  after_each(stores.clear)

  it("is not told to stop for no reason", function()
    local manager, path = stores.pool("heeding", { threads = 1 })
    local other = stores.open { database = path }
    local requests, reasons = {}, folder.new() .. "/reasons"
    for index = 1, 64 do
      requests[index] = {
        worker = "heed", tags = { "all" }, queue = "narrow", input = { path = reasons },
      }
    end
    folder.write(reasons, "")
    manager:enqueue(requests)
    for _ = 1, 200 do
      other:cancel { tag = "all" }
      other:retry { tag = "all" }
      manager:set_queue("narrow", {})
    end
    manager:close()
    for reason in io.lines(reasons) do
      assert.are_not.equal("''", reason)
    end
  end)
end)
