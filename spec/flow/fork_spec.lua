local child = require "spec.modules.child"
local folder = require "spec.support.folder"
local stores = require "spec.support.stores"

describe("a forked child", function()
  after_each(stores.clear)

  it("gets FORKED from every call and harms nothing in its parent", function()
    local manager = stores.pool "basic"
    local report = folder.new() .. "/report"
    local pid = child.split()
    if pid == 0 then
      local codes = {}
      for index, call in ipairs { "enqueue", "find", "count", "cancel", "await", "names" } do
        local argument = call == "enqueue" and { worker = "a" } or 1
        local ok, _, message, code = pcall(manager[call], manager, argument)
        codes[index] = ok and tostring(code) or tostring(message)
      end
      folder.write(report, table.concat(codes, " "))
      child.leave(0)
    end
    child.reap(pid)
    assert.are.equal("FORKED FORKED FORKED FORKED FORKED FORKED", folder.read(report))
    local id = manager:enqueue { worker = "succeed" }
    assert.are.equal("succeeded", stores.result(manager, id).state)
  end)
end)
