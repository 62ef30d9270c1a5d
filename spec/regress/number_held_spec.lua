local command = require "spec.support.command"
local folder = require "spec.support.folder"
local stores = require "spec.support.stores"

-- struct flock for F_OFD_SETLK: a write lock on the byte of that number.
local HOLDER = [[
import fcntl, struct, sys
file = open(sys.argv[1], "r+b")
lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, int(sys.argv[2]), 1, 0)
fcntl.fcntl(file, 37, lock)
print("held", flush=True)
sys.stdin.read()
]]

describe("a process that is killed while it joins", function()
  after_each(stores.clear)

  it("may hold the lock of its number a moment longer; others take the next", function()
    local _, path = stores.open()
    local pipe = assert(io.popen(("exec python3 -c %s %s 2 >%s"):format(command.quote(HOLDER),
      command.quote(path .. "-lock"), command.quote(path .. "-held")), "w"))
    while folder.read(path .. "-held") ~= "held\n" do -- luacheck: ignore 542
    end
    local second = stores.open { database = path }
    assert.are.equal(2, second:stats().processes)
    pipe:close()
  end)
end)
