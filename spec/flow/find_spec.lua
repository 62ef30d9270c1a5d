local expect = require "spec.support.expect"
local moonshift = require "moonshift"
local stores = require "spec.support.stores"

describe("finding work", function()
  local manager
  local ids

  before_each(function()
    manager = stores.open()
    ids = manager:enqueue {
      { worker = "a", tags = { "red", "big" }, queue = "mail", delay = "3h" },
      { worker = "b", tags = { "red" }, delay = "2h" },
      { worker = "a", tags = { "blue" }, delay = "1h" },
      { worker = "c", delay = "4h" },
    }
    ids[5] = manager:enqueue({ worker = "d", delay = "5h" }, { name = "sync", existing = "keep" })
    manager:cancel(ids[4])
  end)
  after_each(stores.clear)

  local function selected(selector, page)
    local found = {}
    for index, info in ipairs(assert(manager:query(selector, page))) do
      for place, id in ipairs(ids) do
        if id == info.id then
          found[index] = place
        end
      end
    end
    return found
  end

  it("an id gives the info of that work, an unknown one nil", function()
    assert.are.equal(ids[2], manager:find(ids[2]).id)
    assert.is_nil(manager:find(ids[5] + 100))
  end)

  it("an info has what was asked for and leaves out what does not apply", function()
    local info = manager:find(ids[1])
    assert.are.equal("a", info.worker)
    assert.are.equal("enqueued", info.state)
    assert.are.same({}, info.input)
    assert.are.same({ "red", "big" }, info.tags)
    assert.are.equal("mail", info.queue)
    assert.are.equal(0, info.priority)
    assert.are.equal(0, info.attempt)
    assert.are.equal(0, info.generation)
    assert.are.equal(10800, info.delay)
    assert.are.same({}, info.prerequisites)
    assert.are.same({}, info.dependents)
    assert.are.equal(info.enqueued_at + 10800, info.due_at)
    for _, field in ipairs { "output", "progress", "name", "period", "outcome", "error", "every",
      "stop_reason", "flex", "cron", "zone", "started_at", "finished_at", "trace" } do
      assert.is_nil(info[field], field)
    end
  end)

  it("work without a queue is in the default queue", function()
    assert.are.equal("default", manager:find(ids[2]).queue)
  end)

  it("a selector takes an id, a list of ids, or conditions", function()
    assert.are.same({ 2 }, selected(ids[2]))
    assert.are.same({ 1, 3 }, selected { ids[3], ids[1] })
    assert.are.same({ 1, 3 }, selected { id = { ids[1], ids[3] } })
    assert.are.same({ 1, 3 }, selected { worker = "a" })
    assert.are.same({ 1, 2 }, selected { tag = "red" })
    assert.are.same({ 4 }, selected { state = "cancelled" })
    assert.are.same({ 5 }, selected { name = "sync" })
    assert.are.same({ 1 }, selected { queue = "mail" })
    assert.are.same({ 2, 3, 4, 5 }, selected { queue = "default" })
    assert.are.same({ 1, 2, 3, 4, 5 }, selected { all = true })
  end)

  it("values of one field are alternatives, fields are joined", function()
    assert.are.same({ 1, 2, 3 }, selected { tag = { "red", "blue" } })
    assert.are.same({ 1 }, selected { tag = "red", worker = "a" })
    assert.are.same({ 1, 2, 3 }, selected { worker = { "a", "b", "c" }, state = "enqueued" })
    assert.are.same({}, selected { worker = "a", state = "cancelled" })
    assert.are.same({ 1 }, selected { id = { ids[1], ids[2] }, worker = "a" })
  end)

  it("a work that matches twice is given once", function()
    assert.are.same({ 1 }, selected { tag = { "red", "big" }, worker = "a" })
    assert.are.same({ 2 }, selected { ids[2], ids[2] })
  end)

  it("names and tags are compared byte for byte", function()
    assert.are.same({}, selected { name = "Sync" })
    assert.are.same({}, selected { tag = "RED" })
  end)

  it("a query is in the order of ids unless told otherwise", function()
    assert.are.same({ 1, 2, 3, 4, 5 }, selected({ all = true }, { order = "id" }))
    assert.are.same({ 5, 4, 3, 2, 1 }, selected({ all = true }, { order = "-id" }))
    assert.are.same({ 3, 2, 1, 5 }, selected({ state = "enqueued" }, { order = "due" }))
  end)

  it("limit and offset cut a page out of the order", function()
    assert.are.same({ 1, 2 }, selected({ all = true }, { limit = 2 }))
    assert.are.same({ 3, 4 }, selected({ all = true }, { limit = 2, offset = 2 }))
    assert.are.same({ 5 }, selected({ all = true }, { limit = 2, offset = 4 }))
    assert.are.same({ 4, 5 }, selected({ all = true }, { offset = 3 }))
    assert.are.same({}, selected({ all = true }, { offset = 9 }))
    assert.are.same({ 2, 1 }, selected({ tag = "red" }, { order = "-id", limit = 5 }))
  end)

  it("count counts what query gives", function()
    assert.are.equal(5, manager:count { all = true })
    assert.are.equal(2, manager:count { tag = "red" })
    assert.are.equal(0, manager:count { tag = "green" })
    assert.are.equal(1, manager:count(ids[1]))
    assert.are.equal(0, manager:count(ids[5] + 100))
  end)

  it("names and tags list what stored work carries, each once", function()
    expect.members({ "sync" }, manager:names())
    expect.members({ "red", "big", "blue" }, manager:tags())
  end)

  it("names and tags of pruned work are gone", function()
    manager:cancel { all = true }
    manager:prune()
    assert.are.same({}, manager:names())
    assert.are.same({}, manager:tags())
  end)

  it("a selector that says nothing or unknown things raises", function()
    local wrong = {
      { {}, "selector" },
      { { state = {} }, "selector.state" },
      { { stat = "enqueued" }, "selector.stat" },
      { { state = "enqued" }, "selector.state" },
      { { tag = 7 }, "selector.tag" },
      { { tag = { "x", 7 } }, "selector.tag[2]" },
      { { all = false }, "selector.all" },
      { { all = true, tag = "red" }, "all" },
      { "red", "selector" },
      { 1.5, "selector" },
      { 0, "selector" },
      { { 1, "x" }, "selector[2]" },
    }
    for _, case in ipairs(wrong) do
      expect.misuse(function()
        local list = manager:query(case[1])
        return list
      end, case[2])
    end
    expect.misuse(function()
      local list = manager:query()
      return list
    end, "selector")
  end)

  it("a page with unknown words or values raises", function()
    for _, page in ipairs { { limit = -1 }, { limt = 1 }, { offset = -1 }, { order = "name" } } do
      expect.misuse(function()
        local list = manager:query({ all = true }, page)
        return list
      end)
    end
  end)

  it("texts that look like SQL are texts", function()
    local name = "x'; DROP TABLE ms_work; --"
    local id = manager:enqueue({ worker = name, tags = { name }, queue = name },
      { name = name, existing = "keep" })
    assert.are.equal(id, manager:query({ name = name })[1].id)
    assert.are.equal(1, manager:count { tag = name, worker = name, queue = name })
    assert.are.equal(6, manager:count { all = true })
  end)

  it("many ids in one selector are no problem", function()
    local many = {}
    for index = 1, 5000 do
      many[index] = index
    end
    assert.are.equal(5, manager:count(many))
  end)

  it("another manager on the same store finds the same", function()
    local one, path = stores.open()
    local id = one:enqueue { worker = "a" }
    local other = assert(moonshift.open(path))
    assert.are.equal(id, other:find(id).id)
    other:cancel(id)
    assert.are.equal("cancelled", one:find(id).state)
    other:close()
  end)
end)
