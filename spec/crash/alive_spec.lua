local lfs = require "lfs"
local sql = require "spec.support.sql"
local stores = require "spec.support.stores"

describe("a process that lives keeps its runs", function()
  local manager, path, id

  before_each(function()
    local has_begun
    manager, path = stores.open { workers = { hold = function(_, work)
      has_begun = true
      work:sleep "1h"
    end } }
    id = manager:enqueue { worker = "hold" }
    stores.until_true(manager, id, function()
      return has_begun
    end)
  end)
  after_each(stores.clear)

  local function is_kept()
    local info = stores.open { database = path }:find(id)
    assert.are.equal("running", info.state)
    assert.are.equal(1, info.run)
  end

  it("when it has brought the log into the database", function()
    local request = { worker = "nobody", input = { text = ("x"):rep(2 ^ 17) } }
    stores.until_true(manager, id, function()
      assert(manager:enqueue { request, request, request, request, request, request })
      return lfs.attributes(path, "size") > 2 ^ 22
    end)
    -- The last part of that is done beside this thread.
    for _ = 1, 10 do
      is_kept()
    end
  end)

  it("when another manager of its program closes", function()
    stores.open({ database = path }):close()
    is_kept()
  end)

  it("and its place on the board, of which there are 896", function()
    sql.run(path, "UPDATE sqlite_sequence SET seq = seq + 895 WHERE name = 'ms_process';\n")
    is_kept()
    assert.are.equal("2\n", sql.run(path, "SELECT count(DISTINCT id % 896) FROM ms_process;\n"))
  end)
end)
