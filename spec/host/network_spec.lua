local child = require "spec.support.child"
local folder = require "spec.support.folder"

describe("the network", function()
  after_each(function()
    child.clear()
    folder.clear()
  end)

  it("is felt as it comes and goes, and moves work", function()
    if child.is_denied "-rn" then
      pending "this user may not make networks"
      return
    end
    local one = child.start_on_network("network", folder.new() .. "/work.db")
    one:expect "none network is none (rtnetlink"
    one:expect "attempt 1"
    one:expect "unmetered"
    one:expect "constraint:network"
    one:expect "none"
    one:expect "none"
    one:expect "attempt 1"
    one:expect "unmetered"
    one:expect "constraint:network"
    one:expect "none"
    one:expect "the route stands"
  end)
end)
