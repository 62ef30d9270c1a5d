local child = require "spec.support.child"
local folder = require "spec.support.folder"

describe("a disk that fills up", function()
  after_each(function()
    child.clear()
    folder.clear()
  end)

  it("stops work that needs room, until there is more than the limit again", function()
    if child.is_denied "-rm" then
      pending "this user may not make disks"
      return
    end
    local disk = folder.new()
    local filler = disk .. "/filler"
    local one = child.start_on_disk("storage", disk, "4m", filler, "1000000", disk .. "/work.db",
      filler)
    one:expect "true"
    one:expect "false"
    one:expect "constraint:storage_not_low"
    one:expect "storage_not_low is false (statfs"
    one:expect "false"
    one:expect "true"
    one:expect "closed"
  end)
end)
