local expect = require "spec.support.expect"
local folder = require "spec.support.folder"
local moonshift = require "moonshift"
local stores = require "spec.support.stores"

describe("options", function()
  after_each(stores.clear)

  local function refused(field, value, ...)
    local path = stores.path()
    local texts = { ... }
    expect.misuse(function()
      local options = { database = path }
      options[field] = value
      local manager = moonshift.open(options)
      return manager
    end, field, (table.unpack or unpack)(texts))
    assert.is_false(folder.exists(path))
  end

  it("an unknown option raises and names it", function()
    refused("databse", "x")
    refused("thread", 2)
  end)

  it("a missing database raises", function()
    expect.misuse(function()
      local manager = moonshift.open {}
      return manager
    end, "database")
    expect.misuse(function()
      local manager = moonshift.open()
      return manager
    end)
  end)

  it("a value of the wrong type raises and names the option", function()
    refused("database", 7)
    refused("workers", 7)
    refused("threads", "two")
    refused("threads", 1.5)
    refused("threads", -1)
    refused("setup", 7)
    refused("queues", "mail")
    refused("durability", "half")
    refused("retention", true)
    refused("max_data_bytes", 0)
    refused("stop_grace", "-1s")
    refused("on_error", "print")
    refused("busy_timeout", "5 s")
  end)

  it("a wrong queue raises and names the path", function()
    refused("queues", { mail = { limit = 0 } }, "queues.mail.limit")
    refused("queues", { mail = { limt = 1 } }, "queues.mail.limt")
    refused("queues", { mail = { rate = "10 per minute" } }, "queues.mail.rate")
    refused("queues", { mail = { paused = 1 } }, "queues.mail.paused")
  end)

  it("a worker that is neither a function nor a table with run raises", function()
    refused("workers", { upload = 7 }, "upload")
    refused("workers", { upload = { timeout = "1s" } }, "upload")
    refused("workers", { upload = { run = print, timeout = "soon" } }, "upload", "timeout")
    refused("workers", { upload = { run = print, extra = 1 } }, "upload", "extra")
  end)
end)
