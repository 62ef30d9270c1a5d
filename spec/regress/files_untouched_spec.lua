local folder = require "spec.support.folder"
local lfs = require "lfs"
local stores = require "spec.support.stores"
local system = require "system"

describe("work that waits for files in which nothing changes", function()
  local manager, path

  before_each(function()
    manager = stores.open { workers = { take = function() return "success" end } }
    path = folder.new() .. "/file"
    folder.write(path, "1")
  end)
  after_each(stores.clear)

  -- A time that is yet to come makes each look take as long as a tick of the system's clock. To set
  -- it once more is an event and no change.
  local later = os.time() + 24 * 60 * 60

  local function stir(seconds)
    local till = system.monotime() + seconds
    repeat
      assert(lfs.touch(path, later, later))
    until system.monotime() > till
  end

  it("goes on to wait for max_wait at a time, however often something is said of them", function()
    stir(0)
    local id = manager:enqueue {
      worker = "take",
      constraints = { files = { path, settle = "200ms", max_wait = "200ms" } },
    }
    stir(0.4)
    local waited = 0
    for _ = 1, 20 do
      stir(0.05)
      waited = waited + #manager:why(id)
    end
    assert.is_true(waited >= 5, waited .. " of 20")
  end)
end)
