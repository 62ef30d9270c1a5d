local child = require "spec.support.child"
local folder = require "spec.support.folder"
local lfs = require "lfs"
local sql = require "spec.support.sql"
local stores = require "spec.support.stores"
local system = require "system"

describe("a process that the system gives no further thread", function()
  local path, process, denied

  before_each(function()
    path = stores.path()
    process = child.start("threadless", path)
    local said = process:line()
    denied = said == "denied"
    assert(denied or said == "open", said)
  end)

  after_each(function()
    child.clear()
    stores.clear()
  end)

  local function wait(holds, what)
    local until_at = system.monotime() + stores.patience
    while not holds() do
      assert(system.monotime() < until_at, what)
      system.sleep(0.005)
    end
  end

  it("looks at files, those of rows of moonshift_inbox too", function()
    if denied then
      return pending "this user's stacks are bounded"
    end
    local file = folder.new() .. "/file"
    sql.run(path, sql.insert {
      request = ('{"worker":"say","input":{"text":"changed"},"constraints":'
        .. '{"files":{"paths":[%q],"settle":"1ms"}}}'):format(file),
    })
    wait(function()
      return sql.run(path, ".timeout 5000\nSELECT count(*) FROM moonshift_work") == "1\n"
    end, "the row is not taken in")
    folder.write(file, "1")
    process:expect "changed"
  end)

  it("copies the log", function()
    if denied then
      return pending "this user's stacks are bounded"
    end
    local rows = { "PRAGMA wal_autocheckpoint = 0;\nBEGIN;\n" }
    local ballast = ("x"):rep(100000)
    for index = 1, 60 do
      rows[index + 1] = sql.insert {
        request = ('{"worker":"say","input":{"text":"%d","ballast":%q}}'):format(index, ballast),
      }
    end
    sql.run(path, table.concat(rows) .. "COMMIT;")
    wait(function()
      return lfs.attributes(path, "size") > 4 * 2 ^ 20
    end, "the log is not copied")
  end)
end)
