local bench = require "spec.support.bench"
local expect = require "spec.support.expect"

describe("unique work", function()
  local manager, diary

  before_each(function()
    manager, diary = bench.open()
  end)
  after_each(bench.clear)

  local function unique(existing, name)
    return { name = name or "sync", existing = existing }
  end

  local function request(fields)
    local all = { worker = "succeed" }
    for key, value in pairs(fields or {}) do
      all[key] = value
    end
    return all
  end

  it("carries its name, and others find it by that", function()
    local id, outcome = manager:enqueue(request(), unique "keep")
    assert.are.equal("enqueued", outcome)
    assert.are.equal("sync", manager:find(id).name)
    assert.are.same({ "sync" }, manager:names())
  end)

  it("of a list or chain carries the name in all its works", function()
    manager:chain({ request(), { request(), request() } }, unique "keep")
    assert.are.equal(3, manager:count { name = "sync" })
  end)

  it("names are case-sensitive", function()
    manager:enqueue(request(), unique("keep", "sync"))
    local _, outcome = manager:enqueue(request(), unique("keep", "Sync"))
    assert.are.equal("enqueued", outcome)
    assert.are.equal(2, manager:count { all = true })
  end)

  it("names may be any UTF-8", function()
    local _, first = manager:enqueue(request(), unique("keep", "größe 🚀"))
    local _, second = manager:enqueue(request(), unique("keep", "größe 🚀"))
    assert.are.equal("enqueued", first)
    assert.are.equal("kept", second)
  end)

  it("without a policy, with an unknown one or a wrong name raises", function()
    local wrong = {
      { { name = "sync" }, "unique.existing" },
      { { name = "sync", existing = "kepp" }, "unique.existing" },
      { { existing = "keep" }, "unique.name" },
      { { name = 7, existing = "keep" }, "unique.name" },
      { { name = "", existing = "keep" }, "unique.name" },
      { { name = "\255", existing = "keep" }, "unique.name" },
      { { name = "sync", existing = "keep", extra = 1 }, "unique.extra" },
      { "sync", "unique" },
    }
    for _, case in ipairs(wrong) do
      expect.misuse(function()
        local id = manager:enqueue(request(), case[1])
        return id
      end, case[2])
    end
    assert.are.equal(0, manager:count { all = true })
  end)

  describe("with keep", function()
    it("stores nothing while something is unfinished, and gives the existing id", function()
      local id = manager:enqueue(request { delay = "1h" }, unique "keep")
      local kept, outcome = manager:enqueue(request(), unique "keep")
      assert.are.equal("kept", outcome)
      assert.are.equal(id, kept)
      assert.are.equal(1, manager:count { all = true })
    end)

    it("stores nothing while something runs", function()
      local id = manager:enqueue({ worker = "long" }, unique "keep")
      manager:run_due()
      assert.are.equal(id, (manager:enqueue(request(), unique "keep")))
    end)

    it("gives the lowest id for one request and a flat list for a list or chain", function()
      local stages = { request { delay = "1h" }, { request(), request() } }
      local ids = manager:chain(stages, unique "keep")
      local kept, outcome = manager:enqueue(request(), unique "keep")
      assert.are.equal(ids[1], kept)
      assert.are.equal("kept", outcome)
      local flat = { ids[1], ids[2][1], ids[2][2] }
      assert.are.same(flat, (manager:enqueue({ request() }, unique "keep")))
      assert.are.same(flat, (manager:chain({ { request(), request() } }, unique "keep")))
    end)

    it("starts fresh when all is finished, and the old work lives on without the name", function()
      local old = manager:enqueue(request(), unique "keep")
      manager:run_due()
      local id, outcome = manager:enqueue(request(), unique "keep")
      assert.are.equal("enqueued", outcome)
      assert.are_not.equal(old, id)
      assert.are.equal("succeeded", manager:find(old).state)
      assert.is_nil(manager:find(old).name)
      assert.are.equal("sync", manager:find(id).name)
    end)
  end)

  describe("with replace", function()
    it("cancels what is unfinished, dependents too, and starts", function()
      local ids = manager:chain({ { worker = "long" }, request() }, unique "replace")
      local outside = manager:enqueue(request { after = { ids[2] } })
      manager:run_due()
      local id, outcome = manager:enqueue(request(), unique "replace")
      assert.are.equal("replaced", outcome)
      assert.are.same({ "cancelled", "cancelled", "cancelled", "enqueued" },
        bench.states(manager, { ids[1], ids[2], outside, id }))
      assert.are.equal("replaced", manager:find(ids[1]).stop_reason)
      assert.is_nil(manager:find(ids[2]).stop_reason)
      assert.are.equal("replaced", diary[1].reason)
      manager:run_due()
      assert.are.equal("succeeded", manager:find(id).state)
    end)

    it("starts fresh when all is finished", function()
      local old = manager:enqueue(request(), unique "replace")
      manager:run_due()
      local _, outcome = manager:enqueue(request(), unique "replace")
      assert.are.equal("enqueued", outcome)
      assert.are.equal("succeeded", manager:find(old).state)
      assert.is_nil(manager:find(old).name)
    end)

    it("replaces periodic work", function()
      local old = manager:enqueue(request { every = "1h" }, unique "replace")
      local id, outcome = manager:enqueue(request { every = "2h" }, unique "replace")
      assert.are.equal("replaced", outcome)
      assert.are.same({ "cancelled", "enqueued" }, bench.states(manager, { old, id }))
    end)

    it("leaves works that finished before as they are", function()
      local ids = manager:chain({ request(), request { delay = "1h" } }, unique "replace")
      manager:run_due()
      manager:enqueue(request(), unique "replace")
      assert.are.same({ "succeeded", "cancelled" }, bench.states(manager, ids))
    end)
  end)

  describe("with append", function()
    it("depends on the leaves while something is unfinished", function()
      local ids = manager:chain({ request { delay = "1h" }, { request(), request() } },
        unique "append")
      local id, outcome = manager:enqueue(request(), unique "append")
      assert.are.equal("appended", outcome)
      assert.are.same(ids[2], manager:find(id).prerequisites)
      assert.are.equal("blocked", manager:find(id).state)
      local next_id = manager:enqueue(request(), unique "append")
      assert.are.same({ id }, manager:find(next_id).prerequisites)
    end)

    it("depends on leaves that have succeeded, and runs", function()
      local old = manager:enqueue(request { input = { output = { x = 1 } } }, unique "append")
      manager:run_due()
      local id, outcome = manager:enqueue(request(), unique "append")
      assert.are.equal("enqueued", outcome)
      assert.are.same({ old }, manager:find(id).prerequisites)
      manager:run_due()
      assert.are.equal(1, diary[2].input.x)
      assert.are.equal("sync", manager:find(old).name)
    end)

    it("fails with a failed leaf and is cancelled with a cancelled one", function()
      manager:enqueue({ worker = "fail" }, unique("append", "failing"))
      manager:run_due()
      local id = manager:enqueue(request(), unique("append", "failing"))
      assert.are.equal("failed", manager:find(id).state)
      local gone = manager:enqueue(request(), unique("append", "cancelled"))
      manager:cancel(gone)
      id = manager:enqueue(request(), unique("append", "cancelled"))
      assert.are.equal("cancelled", manager:find(id).state)
    end)

    it("starts fresh without leaves", function()
      local id, outcome = manager:enqueue(request(), unique "append")
      assert.are.equal("enqueued", outcome)
      assert.are.same({}, manager:find(id).prerequisites)
    end)

    it("keeps a call's own prerequisites beside the leaves", function()
      local leaf = manager:enqueue(request { delay = "1h" }, unique "append")
      local other = manager:enqueue(request { delay = "2h" })
      local id = manager:enqueue(request { after = { other } }, unique "append")
      expect.members({ leaf, other }, manager:find(id).prerequisites)
    end)

    it("on a periodic name raises", function()
      manager:enqueue(request { every = "1h" }, unique "keep")
      expect.misuse(function()
        local id = manager:enqueue(request(), unique "append")
        return id
      end)
      assert.are.equal(1, manager:count { all = true })
    end)
  end)

  describe("with append_or_replace", function()
    it("appends while the leaves are healthy", function()
      local old = manager:enqueue(request { delay = "1h" }, unique "append_or_replace")
      local id, outcome = manager:enqueue(request(), unique "append_or_replace")
      assert.are.equal("appended", outcome)
      assert.are.same({ old }, manager:find(id).prerequisites)
    end)

    it("appends when all leaves have succeeded", function()
      local old = manager:enqueue(request(), unique "append_or_replace")
      manager:run_due()
      local id, outcome = manager:enqueue(request(), unique "append_or_replace")
      assert.are.equal("enqueued", outcome)
      assert.are.same({ old }, manager:find(id).prerequisites)
    end)

    it("starts fresh when a leaf failed and nothing is unfinished", function()
      local old = manager:enqueue({ worker = "fail" }, unique "append_or_replace")
      manager:run_due()
      local id, outcome = manager:enqueue(request(), unique "append_or_replace")
      assert.are.equal("enqueued", outcome)
      assert.are.same({}, manager:find(id).prerequisites)
      assert.are.equal("failed", manager:find(old).state)
      assert.is_nil(manager:find(old).name)
      manager:run_due()
      assert.are.equal("succeeded", manager:find(id).state)
    end)

    it("cancels running siblings of a failed leaf properly and starts fresh", function()
      local ids = manager:enqueue({ { worker = "fail" }, { worker = "long" } },
        unique "append_or_replace")
      manager:run_due()
      local id, outcome = manager:enqueue(request(), unique "append_or_replace")
      assert.are.equal("replaced", outcome)
      assert.are.same({ "failed", "cancelled", "enqueued" },
        bench.states(manager, { ids[1], ids[2], id }))
      assert.is_string(diary[2].reason)
      assert.are.same({}, manager:find(id).prerequisites)
      manager:run_due()
      assert.are.equal("succeeded", manager:find(id).state)
    end)
  end)

  describe("with update", function()
    it("inserts when there is nothing", function()
      local id, outcome = manager:enqueue(request(), unique "update")
      assert.are.equal("enqueued", outcome)
      assert.are.equal(0, manager:find(id).generation)
    end)

    it("inserts when all is finished", function()
      local old = manager:enqueue(request(), unique "update")
      manager:run_due()
      local id, outcome = manager:enqueue(request(), unique "update")
      assert.are.equal("enqueued", outcome)
      assert.are_not.equal(old, id)
      assert.is_nil(manager:find(old).name)
    end)

    it("updates the one unfinished work, keeping id, moment, attempt and period", function()
      local id = manager:enqueue(request { every = "1h" }, unique "update")
      manager:run_due()
      manager:advance "10m"
      local updated, outcome = manager:enqueue(request { every = "2h", tags = { "new" } },
        unique "update")
      assert.are.equal("updated", outcome)
      assert.are.equal(id, updated)
      local info = manager:find(id)
      assert.are.equal(7200, info.every)
      assert.are.equal(diary.start, info.enqueued_at)
      assert.are.equal(2, info.period)
      assert.are.equal(1, info.generation)
      assert.are.same({ "new" }, info.tags)
      assert.are.equal("sync", info.name)
    end)

    it("of several works or by several requests raises", function()
      manager:enqueue({ request { delay = "1h" }, request { delay = "1h" } }, unique "keep")
      expect.misuse(function()
        local id = manager:enqueue(request(), unique "update")
        return id
      end)
      manager:enqueue(request { delay = "1h" }, unique("keep", "single"))
      expect.misuse(function()
        local ids = manager:enqueue({ request(), request() }, unique("update", "single"))
        return ids
      end)
      assert.are.equal(3, manager:count { all = true })
    end)
  end)

  it("finished work without its name ages out by retention", function()
    local old = manager:enqueue(request(), unique "keep")
    manager:run_due()
    manager:advance "12h"
    manager:enqueue(request { delay = "9d" }, unique "keep")
    assert.is_not_nil(manager:find(old))
    manager:advance "13h"
    assert.is_nil(manager:find(old))
  end)

  it("is judged across managers of one store", function()
    local peer = manager:peer()
    local id = manager:enqueue(request { delay = "1h" }, unique "keep")
    assert.are.equal(id, (peer:enqueue(request(), unique "keep")))
  end)
end)
