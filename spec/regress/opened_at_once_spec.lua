local folder = require "spec.support.folder"
local sql = require "spec.support.sql"
local stores = require "spec.support.stores"
local system = require "system"

describe("a process that opens a new store", function()
  after_each(stores.clear)

  it("waits for another that is just making it", function()
    local path, begun = stores.path(), folder.new() .. "/begun"
    -- What two do that make one file at once: each reads it before either writes.
    local hold = ("BEGIN IMMEDIATE;\n.shell touch %s; sleep 0.3\nCOMMIT;\n"):format(begun)
    local other = sql.start(path, hold)
    while not folder.exists(begun) do
      system.sleep(0.002)
    end
    stores.open { database = path }
    other:close()
  end)
end)
