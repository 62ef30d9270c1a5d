local folder = require "spec.support.folder"
local stores = require "spec.support.stores"

describe("a forked child", function()
  after_each(stores.clear)

  --- fork and _exit of this process, or nil where nothing offers them.
  local function forking()
    if jit then
      local ffi = require "ffi"
      ffi.cdef "int fork(void); void _exit(int); int waitpid(int, int *, int);"
      return ffi.C.fork, ffi.C._exit, function(pid)
        ffi.C.waitpid(pid, nil, 0)
      end
    end
    local ok, unistd = pcall(require, "posix.unistd")
    if ok then
      return unistd.fork, unistd._exit, require("posix.sys.wait").wait
    end
    return nil
  end

  it("gets FORKED from every call and harms nothing in its parent", function()
    local fork, exit, wait = forking()
    if not fork then
      pending "nothing here can fork"
      return
    end
    local manager = stores.pool "basic"
    local report = folder.new() .. "/report"
    local pid = fork()
    if pid == 0 then
      local codes = {}
      for index, call in ipairs { "enqueue", "find", "count", "cancel", "await", "names" } do
        local argument = call == "enqueue" and { worker = "a" } or 1
        local ok, _, message, code = pcall(manager[call], manager, argument)
        codes[index] = ok and tostring(code) or tostring(message)
      end
      folder.write(report, table.concat(codes, " "))
      exit(0)
    end
    wait(pid)
    assert.are.equal("FORKED FORKED FORKED FORKED FORKED FORKED", folder.read(report))
    local id = manager:enqueue { worker = "succeed" }
    assert.are.equal("succeeded", stores.result(manager, id).state)
  end)
end)
