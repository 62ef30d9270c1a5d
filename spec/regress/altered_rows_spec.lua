local expect = require "spec.support.expect"
local folder = require "spec.support.folder"
local sql = require "spec.support.sql"
local stores = require "spec.support.stores"

--- Rows that no program of ours writes.
local function alter(path, statement)
  assert.are.equal("", sql.run(path, statement .. ";\n"))
end

describe("rows that somebody altered", function()
  after_each(stores.clear)

  it("hold up no queue with a claim of what is no work", function()
    local client, path = stores.open { queues = { narrow = { limit = 1 } } }
    alter(path, "INSERT INTO ms_claim SELECT 9000, id, 1, 1, 0, '[987654]', NULL FROM ms_process")
    local manager = stores.pool("basic", { database = path })
    local id = client:enqueue { worker = "succeed", queue = "narrow" }
    assert.are.equal("succeeded", stores.result(manager, id).state)
  end)

  it("leave no claim of a dead process behind, whatever it names", function()
    local client, path = stores.open { queues = { narrow = { limit = 1 } } }
    client:close()
    alter(path, "INSERT INTO ms_claim VALUES (9000, 9000, 1, 1, 0, '[987654]', NULL)")
    local manager = stores.pool("basic", { database = path })
    local id = manager:enqueue { worker = "succeed", queue = "narrow" }
    assert.are.equal("succeeded", stores.result(manager, id).state)
    assert.are.equal("0\n", sql.run(path, "SELECT count(*) FROM ms_claim WHERE owner = 9000;\n"))
  end)

  it("free each work once, however many edges lead to it", function()
    local manager, path = stores.pool("basic", { threads = 1 })
    local others = manager:enqueue { { worker = "succeed" }, { worker = "succeed" } }
    stores.finished(manager, others)
    local first = { worker = "succeed", constraints = { custom = { "go" } } }
    local requests = { first }
    for index = 2, 41 do
      requests[index] = { worker = "count", after = { first } }
    end
    local ids = manager:enqueue(requests)
    alter(path, ("INSERT INTO ms_edge SELECT o.id, e.dependent, 1 FROM ms_edge e"
      .. " JOIN ms_work o ON o.id IN (%d, %d)"):format(others[1], others[2]))
    manager:set_condition("go", true)
    local starts = 0
    for _, info in ipairs(stores.finished(manager, ids)) do
      assert.are.equal("succeeded", info.state)
      starts = starts + info.run
    end
    assert.are.equal(#ids, starts)
  end)

  it("are told as what they are where the files of a work do not parse", function()
    local client, path = stores.open()
    local id = client:enqueue {
      worker = "succeed", constraints = { files = { folder.new() } },
    }
    client:close()
    alter(path, "UPDATE ms_work SET files = '{}x'")
    local message
    local manager = stores.pool("basic", {
      database = path,
      on_error = function(event)
        message = message or event.message
      end,
    })
    stores.until_true(manager, id, function()
      return message
    end)
    assert.is_nil(message:find "memory")
    expect.text("constraints", message)
  end)

  it("are passed over and told where what others did does not parse", function()
    for _, events in ipairs { "[", "nothing", "[-5,%d]", "[11,%d]" } do
      local message
      local manager, path = stores.open {
        on_error = function(event)
          message = message or event.message
        end,
      }
      local id = manager:enqueue { worker = "nobody" }
      local types = {}
      manager:observe(id, function(event)
        types[#types + 1] = event.type
      end)
      alter(path, ("INSERT INTO ms_change (owner, at, events) VALUES (0, 9e15, '%s')")
        :format(events:format(id)))
      assert.are.equal(1, manager:cancel(id))
      manager:dispatch()
      local whole = events:find "%]"
      assert.are.equal(events:find "11" and 3 or 2, #types)
      assert.are.equal("cancelled", types[#types])
      assert.are.equal(not whole, message ~= nil)
      if message then
        expect.text("ms_change", message)
      end
    end
  end)
end)
