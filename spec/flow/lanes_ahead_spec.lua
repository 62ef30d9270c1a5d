local stores = require "spec.support.stores"

-- Quick works of many lanes are claimed by the thousand while nobody calls.
describe("quick works of many lanes", function()
  after_each(stores.clear)

  local function enqueue(manager, count, fields_of)
    local requests = {}
    for index = 1, count do
      requests[index] = fields_of(index)
      requests[index].worker = "count"
      requests[index].constraints = { custom = { "go" } }
    end
    return manager:enqueue(requests)
  end

  local function started(infos)
    table.sort(infos, function(a, b)
      return a.output.count < b.output.count
    end)
    return infos
  end

  it("run by priority, and then in the order in which they came", function()
    local manager = stores.pool("basic", { threads = 1 })
    local ids = enqueue(manager, 5000, function(index)
      return { priority = index * 7 % 50 }
    end)
    manager:set_condition("go", true)
    local before
    for _, info in ipairs(started(stores.finished(manager, ids))) do
      local later = not before or info.priority < before.priority
      assert.is_true(later or (info.priority == before.priority and info.id > before.id))
      before = info
    end
  end)

  it("run in the order in which they came, whatever their queue", function()
    local manager = stores.pool("basic", { threads = 1 })
    local ids = enqueue(manager, 5000, function(index)
      return { queue = "queue" .. index * 7 % 50 }
    end)
    manager:set_condition("go", true)
    for index, info in ipairs(started(stores.finished(manager, ids))) do
      assert.are.equal(ids[index], info.id)
    end
  end)
end)
