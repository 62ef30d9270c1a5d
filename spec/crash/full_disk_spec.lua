local folder = require "spec.support.folder"
local child = require "spec.support.child"

describe("a full disk", function()
  after_each(function()
    child.clear()
    folder.clear()
  end)

  it("refuses what does not fit with FULL, loses nothing, and work goes on when there is room",
    function()
      if child.is_denied "-rm" then
        pending "this user may not make disks"
        return
      end
      local disk = folder.new()
      local filler = disk .. "/filler"
      local one = child.start_on_disk("full_disk", disk, "2m", filler, "1048576",
        disk .. "/work.db", filler)
      one:expect "FULL\ttrue"
      for _ = 1, 4 do
        one:expect "true"
      end
      one:expect "true"
    end)
end)
