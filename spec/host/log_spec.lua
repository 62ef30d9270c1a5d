local moonshift = require "moonshift"
local folder = require "spec.support.folder"
local sql = require "spec.support.sql"
local stores = require "spec.support.stores"
local system = require "system"

local LARGE = ("x"):rep(100000)

--- Asked of other programs: closing a file of the database in this one would drop its locks.
local function answer_of(command, path)
  local pipe = assert(io.popen((command):format(path .. "-wal")))
  local answer = pipe:read "*a"
  pipe:close()
  return answer
end

--- Changes each time the log is begun anew.
local function beginning(path)
  return answer_of("od -An -tu1 -j12 -N4 '%s'", path)
end

local function open(path)
  return assert(moonshift.open { database = path, durability = "normal" })
end

--- Enqueues works of a tenth of a megabyte.
local function write(manager, count)
  for _ = 1, count do
    assert(manager:enqueue { worker = "later", input = { text = LARGE } })
  end
end

--- Writes on until the log is begun anew, for a quarter of a minute at most.
local function is_begun_anew(manager, path)
  local before = beginning(path)
  for _ = 1, 300 do
    write(manager, 10)
    system.sleep(0.05)
    if beginning(path) ~= before then
      return true
    end
  end
  return false
end

describe("the write-ahead log", function()
  after_each(function()
    folder.clear()
    stores.clear()
  end)

  it("is begun anew while works go on to be enqueued", function()
    local path = folder.new() .. "/work.db"
    local manager = open(path)
    assert.is_true(is_begun_anew(manager, path))
    write(manager, 300)
    manager:close()
    assert.equal("ok\n", sql.run(path, "PRAGMA integrity_check;"))
  end)

  it("is begun anew while two processes write, and loses nothing", function()
    local path = folder.new() .. "/work.db"
    local one, other = open(path), open(path)
    for _ = 1, 150 do
      write(one, 1)
      write(other, 1)
    end
    assert.equal(300, other:count { worker = "later" })
    assert.is_true(is_begun_anew(one, path))
    one:close()
    other:close()
    assert.equal("ok\n", sql.run(path, "PRAGMA integrity_check;"))
  end)

  it("waits for another program that reads, and is begun anew when that has ended", function()
    local path = folder.new() .. "/work.db"
    local manager = open(path)
    write(manager, 1)
    local gate = folder.new() .. "/gate"
    assert(os.execute("mkfifo " .. gate))
    local reader = sql.start(path, ("BEGIN; SELECT count(*) FROM ms_work;\n.system cat %s\n"
      .. "SELECT count(*) FROM ms_work;\n"):format(gate))
    assert.equal("1", reader:read "*l")
    local before = beginning(path)
    write(manager, 100)
    assert.equal(before, beginning(path))
    folder.write(gate, "")
    assert.equal("1", reader:read "*l")
    reader:close()
    assert.is_true(is_begun_anew(manager, path))
    manager:close()
  end)
end)
