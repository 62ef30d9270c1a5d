local stores = require "spec.support.stores"

describe("a client", function()
  after_each(stores.clear)

  it("deletes nothing by itself, however short its retention, but prunes when told to", function()
    local server, path = stores.pool("basic", { retention = "1h" })
    local id = server:enqueue { worker = "succeed" }
    stores.finished(server, id)
    local client = stores.open { database = path, retention = 0 }
    client:enqueue { worker = "nobody" }
    assert.are.equal("succeeded", client:find(id).state)
    assert.are.equal(1, client:prune())
    assert.is_nil(client:find(id))
  end)
end)
