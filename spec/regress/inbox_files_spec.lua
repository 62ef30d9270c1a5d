local folder = require "spec.support.folder"
local lfs = require "lfs"
local sql = require "spec.support.sql"
local stores = require "spec.support.stores"

describe("rows of moonshift_inbox whose works wait for files", function()
  after_each(stores.clear)

  it("do not hold up the store together while each one's files are looked at", function()
    local path = folder.new() .. "/file"
    folder.write(path, "1")
    -- A time that is yet to come makes each look take a tick of the system's clock, so 10 ms.
    local later = os.time() + 24 * 60 * 60
    assert(lfs.touch(path, later, later))
    local first, database = stores.open()
    first:close()
    local rows = {}
    for index = 1, 50 do
      rows[index] = sql.insert {
        request = ('{"worker":"nobody","constraints":{"files":[%q]}}'):format(path),
      }
    end
    sql.run(database, "BEGIN;" .. table.concat(rows) .. "COMMIT;")
    local manager = stores.open { database = database }
    stores.until_true(manager, 1, function()
      return manager:count { worker = "nobody" } == #rows
    end)
    assert.is_true(manager:stats().longest_turn_ms < 10 * #rows)
  end)

  it("do not hold up the store while the many files of one row are looked at", function()
    local manager, database = stores.open()
    local later = os.time() + 24 * 60 * 60
    local requests = {}
    for index = 1, 50 do
      local path = folder.new() .. "/file"
      folder.write(path, "1")
      assert(lfs.touch(path, later, later))
      requests[index] = ('{"worker":"nobody","constraints":{"files":[%q]}}'):format(path)
    end
    sql.run(database, sql.insert { request = "[" .. table.concat(requests, ",") .. "]" })
    stores.until_true(manager, 1, function()
      return manager:count { worker = "nobody" } == #requests
    end)
    assert.is_true(manager:stats().longest_turn_ms < 10 * #requests)
  end)
end)
