local expect = require "spec.support.expect"
local folder = require "spec.support.folder"
local lfs = require "lfs"
local moonshift = require "moonshift"
local stores = require "spec.support.stores"

describe("opening a store", function()
  after_each(stores.clear)

  it("a path alone is short for a table with that database", function()
    local path = stores.path()
    local manager = assert(moonshift.open(path))
    assert.are.equal(0, manager:count { all = true })
    assert.is_true(folder.exists(path))
    manager:close()
  end)

  it("a database in memory leaves no file behind", function()
    local manager = assert(moonshift.open ":memory:")
    local id = manager:enqueue { worker = "later" }
    assert.are.equal("enqueued", manager:find(id).state)
    manager:close()
    assert.is_false(folder.exists ":memory:")
  end)

  it("two databases in memory have nothing in common", function()
    local one = stores.open { database = ":memory:" }
    local other = stores.open { database = ":memory:" }
    one:enqueue { worker = "later" }
    assert.are.equal(0, other:count { all = true })
  end)

  it("the file of a new store belongs to its user alone", function()
    local _, path = stores.open()
    assert.are.equal("rw-------", lfs.attributes(path, "permissions"))
  end)

  it("a missing folder is NOTFOUND and is not made", function()
    local base = folder.new()
    expect.code("NOTFOUND", moonshift.open(base .. "/missing/work.db"))
    assert.is_false(folder.exists(base .. "/missing"))
  end)

  it("a folder in the file's place is IO", function()
    local base = folder.new()
    expect.code("IO", moonshift.open(base))
  end)

  it("a file that is not a database is CORRUPT and stays as it is", function()
    local path = stores.path()
    local garbage = ("this is not a database, but somebody's letter\n"):rep(300)
    folder.write(path, garbage)
    expect.code("CORRUPT", moonshift.open(path))
    assert.are.equal(garbage, folder.read(path))
    assert.is_false(folder.exists(path .. "-wal"))
  end)

  it("a short text file is CORRUPT and stays as it is", function()
    local path = stores.path()
    folder.write(path, "hello\n")
    expect.code("CORRUPT", moonshift.open(path))
    assert.are.equal("hello\n", folder.read(path))
  end)

  it("the SQLite file of another application is CORRUPT and stays as it is", function()
    local path = stores.path()
    os.execute(("sqlite3 '%s' 'CREATE TABLE letter (text); INSERT INTO letter VALUES (1)'")
      :format(path))
    local before = folder.read(path)
    expect.code("CORRUPT", moonshift.open(path))
    assert.are.equal(before, folder.read(path))
  end)

  it("a SQLite file with a foreign application id is CORRUPT", function()
    local path = stores.path()
    os.execute(("sqlite3 '%s' 'PRAGMA application_id = 77; CREATE TABLE ms_work (id)'")
      :format(path))
    expect.code("CORRUPT", moonshift.open(path))
  end)

  it("an empty file becomes a store", function()
    local path = stores.path()
    folder.write(path, "")
    local manager = stores.open { database = path }
    assert.are.equal(0, manager:count { all = true })
  end)

  it("a store with a newer schema is VERSION and stays as it is", function()
    local manager, path = stores.open()
    manager:enqueue { worker = "later" }
    manager:close()
    os.execute(("sqlite3 '%s' 'PRAGMA user_version = 9999' > /dev/null"):format(path))
    local before = folder.read(path)
    expect.code("VERSION", moonshift.open(path))
    assert.are.equal(before, folder.read(path))
  end)

  it("a store with a schema that no moonshift has made is CORRUPT and stays as it is", function()
    for _, version in ipairs { 0, -1, -285212671 } do
      local manager, path = stores.open()
      manager:close()
      os.execute(("sqlite3 '%s' 'PRAGMA user_version = %d' > /dev/null"):format(path, version))
      local before = folder.read(path)
      expect.text("version " .. version, expect.code("CORRUPT", moonshift.open(path)))
      assert.are.equal(before, folder.read(path))
    end
  end)

  it("a store whose pages were overwritten is CORRUPT, at the latest when they are read", function()
    local manager, path = stores.open()
    for _ = 1, 50 do
      manager:enqueue { worker = "later", input = { text = ("x"):rep(1000) } }
    end
    manager:close()
    local bytes = folder.read(path)
    folder.write(path, bytes:sub(1, 100) .. ("\255"):rep(#bytes - 100))
    local opened, message, code = moonshift.open(path)
    if opened then
      message, code = select(2, opened:query { all = true })
      opened:close()
    end
    expect.code("CORRUPT", nil, message, code)
  end)

  it("a folder without the right to write is PERMISSION", function()
    -- Root may write everywhere, so the child gives that right away first.
    local base = folder.new()
    os.execute(("chmod 555 '%s'"):format(base))
    local script = ([[package.path=%q package.cpath=%q local moonshift = require "moonshift"
      print(select(3, moonshift.open(%q)))]]):format(package.path, package.cpath,
      base .. "/work.db")
    folder.write(base .. ".lua", script)
    local lua = jit and "luajit" or "lua" .. _VERSION:match "%d+%.%d+"
    local prefix = ""
    if io.popen("id -u"):read "*l" == "0" then
      prefix = "setpriv --bounding-set=-all --inh-caps=-all "
    end
    local pipe = io.popen(("%s%s '%s.lua' 2>&1"):format(prefix, lua, base))
    local said = pipe:read "*l"
    pipe:close()
    os.remove(base .. ".lua")
    assert.are.equal("PERMISSION", said)
  end)

  it("a worker module that does not exist is WORKERS", function()
    local message = expect.code("WORKERS", moonshift.open {
      database = stores.path(), workers = "spec.support.workers.missing",
    })
    expect.text("spec.support.workers.missing", message)
  end)

  it("a worker module that raises is WORKERS, with its traceback", function()
    local message = expect.code("WORKERS", moonshift.open {
      database = stores.path(), workers = "spec.support.workers.broken",
    })
    expect.text("no coal today", message)
    expect.text("broken.lua:3", message)
    expect.text("traceback", message)
  end)

  it("a worker module that gives no table is WORKERS", function()
    expect.code("WORKERS", moonshift.open {
      database = stores.path(), workers = "spec.support.workers.no_table",
    })
  end)

  it("a setup module that raises is WORKERS, with its traceback", function()
    local message = expect.code("WORKERS", moonshift.open {
      database = stores.path(), workers = "spec.support.workers.basic",
      setup = "spec.support.workers.broken",
    })
    expect.text("no coal today", message)
    expect.text("traceback", message)
  end)

  it("an open that failed leaves the path free for another try", function()
    local path = stores.path()
    moonshift.open { database = path, workers = "spec.support.workers.broken" }
    local manager = stores.pool("basic", { database = path })
    local id = manager:enqueue { worker = "succeed" }
    assert.are.equal("succeeded", stores.result(manager, id).state)
  end)

  it("the setup module runs in each thread before the workers", function()
    local manager = stores.pool("basic", { setup = "spec.support.workers.prepare", threads = 2 })
    local ids = manager:enqueue { { worker = "prepared" }, { worker = "prepared" } }
    for _, info in ipairs(stores.finished(manager, ids)) do
      assert.is_true(info.output.prepared)
    end
  end)
end)
