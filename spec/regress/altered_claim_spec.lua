local folder = require "spec.support.folder"
local stores = require "spec.support.stores"

describe("a run whose work another process updates", function()
  after_each(stores.clear)

  it("goes on, whatever else that process does afterwards", function()
    local _, path = stores.pool("basic", { threads = 3 })
    local client = stores.open { database = path }
    local scratch = folder.new()
    local input = { log = scratch .. "/log", gate = scratch .. "/gate" }
    local ids = {}
    for index = 1, 2 do
      ids[index] = client:enqueue { worker = "gate", input = input }
      stores.until_true(client, ids[index], function()
        return #folder.lines(input.log) == index
      end)
    end
    client:update(ids[1], { worker = "gate", input = input, trace = "updated" })
    for _ = 1, 3 do
      stores.result(client, client:enqueue { worker = "succeed" })
    end
    folder.write(input.gate, "")
    assert.are.equal("succeeded", stores.result(client, ids[1]).state)
    for _, line in ipairs(folder.lines(input.log)) do
      assert.is_nil(line:match "^stopped", line)
    end
  end)
end)
