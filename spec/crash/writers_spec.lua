local child = require "spec.support.child"
local folder = require "spec.support.folder"
local stores = require "spec.support.stores"

--- Starts that many writers, which wait for the gate; returns them and what opens it.
local function start_writers(path, count, calls, size)
  local gate = folder.new() .. "/gate"
  local writers = {}
  for index = 1, count do
    writers[index] = child.start("writer", path, gate, calls, size, "writer " .. index)
  end
  for _, writer in ipairs(writers) do
    writer:expect "open"
  end
  return writers, function()
    folder.write(gate, "")
  end
end

--- How many works each of the four enqueued from when the last of them began to when the first was
--- through, the fewest first. Ids are given in the order of the commits.
local function count_turns(manager)
  local counts, turns, begun = {}, {}, 0
  for _, info in ipairs(manager:query { worker = "later" }) do
    local name = info.trace
    begun = begun + (counts[name] and 0 or 1)
    counts[name] = (counts[name] or 0) + 1
    turns[name] = (turns[name] or 0) + (begun == 4 and 1 or 0)
    if counts[name] == 80 * 100 then
      break
    end
  end
  local sorted = {}
  for _, count in pairs(turns) do
    sorted[#sorted + 1] = count
  end
  table.sort(sorted)
  return sorted
end

--- Stops the process outside of a transaction: wherever a write goes through.
local function stop_outside(writer, manager)
  for _ = 1, 100 do
    writer:signal "STOP"
    if manager:enqueue { worker = "probe" } then
      return
    end
    writer:signal "CONT"
  end
  error "the writer always holds the lock"
end

describe("several processes that write at once", function()
  after_each(function()
    child.clear()
    stores.clear()
  end)

  -- How equally they do depends on the processors as well; the order in the line is board_test's.
  it("take turns", function()
    local manager, path = stores.open()
    local writers, open_gate = start_writers(path, 4, 80, 100)
    open_gate()
    for _, writer in ipairs(writers) do
      writer:expect "closed"
      writer:rest()
    end
    local counts = count_turns(manager)
    assert.is_true(counts[1] >= counts[4] / 8, table.concat(counts, ", "))
  end)

  it("do not wait for one that is stopped outside of a transaction", function()
    local _, path = stores.open()
    local manager = stores.open { database = path, busy_timeout = "300ms" }
    local writers, open_gate = start_writers(path, 2, 1000000, 1)
    open_gate()
    for _ = 1, 5 do
      stop_outside(writers[1], manager)
      for _ = 1, 20 do
        assert(manager:enqueue { worker = "probe" })
      end
      writers[1]:signal "CONT"
    end
  end)

  it("do not wait for one that was killed while it waited", function()
    local _, path = stores.open()
    local manager = stores.open { database = path, busy_timeout = "2s" }
    for _ = 1, 3 do
      local writers, open_gate = start_writers(path, 2, 1000000, 1)
      open_gate()
      for _ = 1, 20 do
        assert(manager:enqueue { worker = "probe" })
      end
      writers[1]:kill()
      writers[2]:kill()
      for _ = 1, 20 do
        assert(manager:enqueue { worker = "probe" })
      end
    end
  end)
end)
