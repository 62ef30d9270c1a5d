local moonshift = require "moonshift"
local stores = require "spec.support.stores"
local testing = require "moonshift.testing"

local function message_of(call, ...)
  local ok, message = pcall(call, ...)
  assert.is_false(ok)
  return message
end

describe("a field whose name goes on behind a NUL byte", function()
  after_each(stores.clear)

  it("is no option of open", function()
    local message = message_of(moonshift.open, { database = ":memory:", ["threads\0x"] = 0 })
    assert.matches('options["threads\\x00x"]: unknown field', message, 1, true)
  end)

  it("is no name of a module", function()
    for _, name in ipairs { "workers", "setup" } do
      local message = message_of(moonshift.open, { database = ":memory:", [name] = "string\0x" })
      assert.matches("options." .. name .. ": a name has no NUL byte", message, 1, true)
    end
  end)

  it("is no field of a worker", function()
    local worker = { run = function() end, ["timeout\0"] = "1s" }
    local message = message_of(moonshift.open, { database = ":memory:", workers = { a = worker } })
    assert.matches('options.workers.a["timeout\\x00"]: unknown field', message, 1, true)
  end)

  it("is no field of a page, nor of a queue's settings", function()
    local manager = stores.open()
    local message = message_of(manager.query, manager, { all = true }, { ["limit\0"] = 1 })
    assert.matches('page["limit\\x00"]: unknown field', message, 1, true)
    message = message_of(manager.set_queue, manager, "a", { ["limit\0"] = 1 })
    assert.matches('settings["limit\\x00"]: unknown field', message, 1, true)
  end)

  it("says nothing of when to try again", function()
    local outcome, _, record = testing.run(function()
      return "retry", { ["after\0"] = "1m" }
    end)
    assert.equal("failure", outcome)
    assert.matches('retry["after\\x00"]: unknown field', record.error, 1, true)
  end)
end)

describe("the options of a trial", function()
  it("are a table or nil", function()
    local message = message_of(testing.run, function() end, false)
    assert.matches("options: expected a table, got boolean", message, 1, true)
  end)
end)
