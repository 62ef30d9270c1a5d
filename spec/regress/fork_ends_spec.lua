local child = require "spec.support.child"
local folder = require "spec.support.folder"
local stores = require "spec.support.stores"

describe("a copy that fork makes of a process with a store open", function()
  after_each(function()
    child.clear()
    stores.clear()
  end)

  it("ends like any other", function()
    local splitter = child.start("splitter", stores.path(), folder.new() .. "/new")
    assert.are.equal("7", splitter:line())
    assert.are.equal("7", splitter:line())
  end)
end)
