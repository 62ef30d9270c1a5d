local stores = require "spec.support.stores"

describe("a manager that serves until nothing runs", function()
  after_each(stores.clear)

  it("hears when another gives back what it has claimed and not begun", function()
    local host, path = stores.open { workers = {
      note = function()
        return "success"
      end,
    } }
    local client = stores.open { database = path }
    local requests = {}
    for index = 1, 40 do
      requests[index] = { worker = "note" }
    end
    assert(host:enqueue(requests))
    -- The host claims more than one at a time once they have proved quick, and leaves them there.
    for _ = 1, 5 do
      host:dispatch(1)
    end
    -- Ends the wait in any case.
    local bound = client:enqueue { worker = "nobody", delay = "1h", deadline = "10s" }
    assert(client:run "idle")
    assert.are.equal(0, client:count { state = "running" })
    assert.are.equal("enqueued", client:find(bound).state)
  end)
end)
