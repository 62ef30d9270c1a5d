local child = require "spec.support.child"
local environment = require "spec.modules.child"
local folder = require "spec.support.folder"
local stores = require "spec.support.stores"

describe("a copy that fork makes of a process with a store open", function()
  local options = os.getenv "ASAN_OPTIONS" or ""

  -- What only threads of the parent know of looks like a leak in a copy.
  before_each(function()
    environment.set("ASAN_OPTIONS", options .. ":detect_leaks=0")
  end)

  after_each(function()
    environment.set("ASAN_OPTIONS", options)
    child.clear()
    stores.clear()
  end)

  it("ends like any other", function()
    local splitter = child.start("splitter", stores.path(), folder.new() .. "/new")
    assert.are.equal("7", splitter:line())
    assert.are.equal("7", splitter:line())
  end)
end)
