local testing = require "moonshift.testing"

describe("work that waits for files", function()
  local manager, given

  -- Each worker notes what it was given.
  local workers = {
    take = function(_, work)
      given[#given + 1] = work.files
      return "success"
    end,
    again = function(_, work)
      given[#given + 1] = work.files
      return work.attempt < 3 and "retry" or "success"
    end,
    long = function(_, work)
      given[#given + 1] = work.files
      work:sleep "10s"
      return "success"
    end,
    lose = function()
      return "failure"
    end,
  }

  before_each(function()
    given = {}
    manager = assert(testing.open { workers = workers })
  end)

  after_each(function()
    manager:close()
  end)

  local function enqueue(files, more)
    local request = { worker = "take", constraints = { files = files } }
    for key, value in pairs(more or {}) do
      request[key] = value
    end
    return manager:enqueue(request)
  end

  local function state(id)
    return manager:find(id).state
  end

  it("does not start while nothing changes", function()
    local id = enqueue { "/in" }
    assert.are.equal(0, manager:run_due())
    assert.are.equal(0, manager:advance "1w")
    local info = manager:find(id)
    assert.are.equal("enqueued", info.state)
    assert.is_nil(info.due_at)
  end)

  it("starts once a change has settled, and is told of the path", function()
    local id = enqueue { "/in" }
    assert.are.equal(1, manager:change_files "/in/a")
    assert.are.equal(manager:now() + 1, manager:find(id).due_at)
    assert.are.equal(0, manager:advance "999ms")
    assert.are.equal(1, manager:advance "1ms")
    assert.are.equal("succeeded", state(id))
    assert.are.same({ { "/in/a" } }, given)
  end)

  it("waits anew after each further change, but no longer than max_wait", function()
    enqueue { "/in", settle = "2s", max_wait = "5s" }
    for _ = 1, 4 do
      manager:change_files "/in/a"
      assert.are.equal(0, manager:advance "1s")
    end
    manager:change_files { "/in/b", "/in/a" }
    assert.are.equal(1, manager:advance "1s")
    assert.are.same({ { "/in/a", "/in/b" } }, given)
  end)

  it("starts at once without settle", function()
    enqueue { "/in", settle = 0 }
    manager:change_files "/in"
    assert.are.equal(1, manager:run_due())
  end)

  it("hears of what stands right in a folder, if recursive of everything below", function()
    enqueue { "/flat", { path = "/deep", recursive = true } }
    assert.are.equal(0, manager:change_files { "/flat/a/b", "/flatter", "/else", "/dee" })
    assert.are.equal(1, manager:change_files { "/flat/c", "/deep/a/b/c", "/deep", "/none" })
    manager:advance "1s"
    assert.are.same({ { "/flat/c", "/deep/a/b/c", "/deep" } }, given)
  end)

  it("names up to a thousand paths and says that there are more", function()
    local paths = {}
    for i = 1, 1001 do
      paths[i] = "/in/" .. i
    end
    enqueue { "/in" }
    manager:change_files(paths)
    manager:advance "1s"
    assert.are.equal(1000, #given[1])
    assert.is_true(given[1].more)
    enqueue { "/in" }
    paths[1001] = nil
    manager:change_files(paths)
    manager:advance "1s"
    assert.are.equal(1000, #given[2])
    assert.is_nil(given[2].more)
  end)

  it("is told of the same paths in each attempt, and of those that have changed since", function()
    enqueue({ "/in" }, { worker = "again", backoff = { policy = "linear", delay = "10s" } })
    manager:change_files "/in/a"
    manager:advance "1s"
    manager:change_files "/in/b"
    assert.are.equal(1, manager:advance "10s")
    assert.are.equal(1, manager:advance "20s")
    assert.are.same({ { "/in/a" }, { "/in/a", "/in/b" }, { "/in/a", "/in/b" } }, given)
  end)

  it("runs once, whatever changes later", function()
    local id = enqueue { "/in" }
    manager:change_files "/in/a"
    manager:advance "1s"
    assert.are.equal(0, manager:change_files "/in/a")
    manager:advance "1h"
    assert.are.equal("succeeded", state(id))
    assert.are.equal(1, #given)
  end)

  it("counts changes before it could start as seen by its run", function()
    manager:pause "default"
    enqueue({ "/in", rearm = true })
    manager:change_files "/in/a"
    manager:advance "1m"
    manager:change_files "/in/b"
    manager:resume "default"
    manager:run_due()
    manager:advance "1m"
    assert.are.same({ { "/in/a", "/in/b" } }, given)
  end)

  describe("with rearm", function()
    it("waits for the next change after each run", function()
      local id = enqueue { "/in", rearm = true }
      manager:change_files "/in/a"
      assert.are.equal(1, manager:advance "1s")
      local info = manager:find(id)
      assert.are.equal("enqueued", info.state)
      assert.are.equal("success", info.outcome)
      assert.are.equal(2, info.period)
      assert.is_nil(info.due_at)
      assert.are.equal(0, manager:advance "1h")
      manager:change_files "/in/b"
      assert.are.equal(1, manager:advance "1s")
      assert.are.same({ { "/in/a" }, { "/in/b" } }, given)
    end)

    it("counts what changes during a run for the next one", function()
      enqueue({ "/in", rearm = true }, { worker = "long" })
      manager:change_files "/in/a"
      manager:advance "2s"
      manager:change_files "/in/b"
      assert.are.equal(0, manager:advance "8s")
      assert.are.equal(1, manager:advance "1s")
      assert.are.same({ { "/in/a" }, { "/in/b" } }, given)
    end)

    it("goes on after a failure, and ends with cancel", function()
      local id = enqueue({ "/in", rearm = true }, { worker = "lose" })
      manager:change_files "/in/a"
      manager:advance "1s"
      assert.are.equal("enqueued", state(id))
      assert.are.equal(1, manager:cancel(id))
      assert.are.equal(0, manager:change_files "/in/a")
      assert.are.equal("cancelled", state(id))
    end)

    it("is not unfinished one-time work, and stands in no chain", function()
      enqueue { "/in", rearm = true }
      assert.is_true(manager:run "done")
      local ok, message = pcall(manager.chain, manager, {
        { worker = "take", constraints = { files = { "/in", rearm = true } } },
        { worker = "take" },
      })
      assert.is_false(ok)
      local refusal = "stages[1].constraints: periodic work cannot be in a chain"
      assert.is_truthy(message:find(refusal, 1, true))
    end)
  end)

  it("waits for a change in each period", function()
    enqueue({ "/in" }, { every = "1h" })
    manager:change_files "/in/a"
    assert.are.equal(1, manager:advance "30m")
    assert.are.equal(0, manager:advance "2h")
    manager:change_files "/in/b"
    assert.are.equal(1, manager:advance "1s")
    manager:change_files "/in/c"
    assert.are.equal(0, manager:advance "10m")
    assert.are.equal(1, manager:advance "1h")
    assert.are.same({ { "/in/a" }, { "/in/b" }, { "/in/c" } }, given)
  end)

  it("waits for its delay as well", function()
    local id = enqueue({ "/in" }, { delay = "1m" })
    manager:change_files "/in/a"
    assert.are.equal(manager:now() + 60, manager:find(id).due_at)
    assert.are.equal(0, manager:advance "59s")
    assert.are.equal(1, manager:advance "1s")
  end)

  it("is not started by run_now before anything has changed", function()
    enqueue({ "/in" }, { delay = "1h" })
    assert.are.equal(1, manager:run_now { all = true })
    assert.are.equal(0, manager:advance "2s")
    manager:change_files "/in/a"
    assert.are.equal(1, manager:advance "1s")
  end)

  it("counts changes while it is blocked", function()
    local ids = manager:chain {
      { worker = "take", delay = "1h" },
      { worker = "take", constraints = { files = { "/in" } } },
    }
    assert.are.equal("blocked", state(ids[2]))
    manager:change_files "/in/a"
    assert.are.equal(2, manager:advance "1h")
    assert.are.same({ {}, { "/in/a" } }, given)
  end)

  it("keeps its changes when its process crashes", function()
    enqueue { "/in" }
    manager:change_files "/in/a"
    manager = manager:crash()
    assert.are.equal(1, manager:advance "1s")
    assert.are.same({ { "/in/a" } }, given)
  end)

  it("shares its lane with work that waits for other files", function()
    enqueue { "/a" }
    enqueue { "/b" }
    manager:change_files "/b"
    assert.are.equal(1, manager:advance "1s")
    assert.are.same({ { "/b" } }, given)
  end)

  it("can be met, and is told of no path then", function()
    local id = enqueue({ "/in" }, {
      constraints = { network = "connected", files = { "/in", rearm = true } },
    })
    assert.are.equal(1, manager:meet(id, "constraints"))
    assert.are.same({ {} }, given)
    assert.are.equal("enqueued", state(id))
    assert.are.equal(0, manager:advance "1h")
  end)

  it("stays met while its delay is left", function()
    local id = enqueue({ "/in" }, { delay = "1h" })
    assert.are.equal(0, manager:meet(id, "constraints"))
    assert.are.equal(1, manager:meet(id, "delay"))
  end)

  it("says in its info which files, with whole paths", function()
    local id = enqueue { "in", { path = "/deep//a/", recursive = true }, settle = "2s" }
    local files = manager:find(id).constraints.files
    assert.is_truthy(files[1]:find "^/.*/in$")
    assert.are.same({ path = "/deep/a", recursive = true }, files[2])
    assert.are.equal(2, files.settle)
    assert.are.equal(60, files.max_wait)
  end)

  it("explains what it waits for", function()
    local id = enqueue({ "/a", "/b", "/c", "/d" }, { deadline = "1d" })
    assert.are.same({
      { kind = "constraint", detail = 'files: nothing has changed at "/a", "/b", "/c" and 1 more' },
    }, manager:why(id))
    manager:change_files "/a"
    assert.are.same({
      {
        kind = "constraint",
        detail = 'files: changes settle at "/a", "/b", "/c" and 1 more in 1.000 s',
        clears_at = manager:now() + 1,
      },
    }, manager:why(id))
    local delayed = enqueue({ "/x", "/y" }, { delay = "1m" })
    local reasons = manager:why(delayed)
    assert.are.equal("delay", reasons[1].kind)
    assert.are.equal(manager:now() + 60, reasons[1].clears_at)
    assert.are.equal('files: nothing has changed at "/x" and "/y"', reasons[2].detail)
  end)

  it("is failed by its deadline while it waits", function()
    local id = enqueue({ "/in" }, { deadline = "1m" })
    manager:advance "1m"
    assert.are.equal("failed", state(id))
  end)

  it("runs again when it failed and is retried, with the same paths", function()
    local id = enqueue({ "/in" }, { worker = "lose" })
    manager:change_files "/in/a"
    manager:advance "1s"
    assert.are.equal("failed", state(id))
    assert.are.equal(1, manager:retry(id))
    assert.are.equal(1, manager:run_due())
  end)

  it("waits on when it was cancelled and is retried", function()
    local id = enqueue { "/in" }
    manager:cancel(id)
    manager:retry(id)
    assert.are.equal(0, manager:advance "1h")
    manager:change_files "/in/a"
    assert.are.equal(1, manager:advance "1s")
  end)

  it("waits for other files after an update and forgets changes at the old ones", function()
    local id = enqueue { "/old" }
    manager:change_files "/old"
    local request = { worker = "take", constraints = { files = { "/new" } } }
    assert.are.equal("applied_immediately", manager:update(id, request))
    assert.are.equal(0, manager:change_files "/old")
    assert.are.equal(0, manager:advance "1h")
    manager:change_files "/new"
    assert.are.equal(1, manager:advance "1s")
    assert.are.same({ { "/new" } }, given)
  end)

  it("keeps what has changed when an update leaves it its files", function()
    local id = enqueue { "/in" }
    manager:change_files "/in/a"
    manager:update(id, { worker = "take", constraints = { files = { "/in", settle = "3s" } } })
    manager:advance "1s"
    assert.are.same({ { "/in/a" } }, given)
  end)

  it("no longer waits after an update without files, and waits after one with files", function()
    local id = enqueue { "/in" }
    manager:update(id, { worker = "take" })
    assert.are.equal(1, manager:run_due())
    local other = manager:enqueue { worker = "take", delay = "1m" }
    manager:update(other, { worker = "take", constraints = { files = { "/in" } } })
    assert.are.equal(0, manager:advance "1h")
    assert.are.equal("enqueued", state(other))
  end)

  it("keeps its remaining time when the wall clock is set", function()
    local id = enqueue { "/in", settle = "10s" }
    local waits = enqueue { "/other" }
    manager:change_files "/in/a"
    manager:jump(3600)
    assert.are.equal(manager:now() + 10, manager:find(id).due_at)
    assert.is_nil(manager:find(waits).due_at)
    assert.are.equal(1, manager:advance "10s")
  end)

  describe("is refused", function()
    local function refused(files, message)
      local ok, raised = pcall(enqueue, files)
      assert.is_false(ok)
      assert.is_truthy(raised:find(message, 1, true), raised)
    end

    it("when it would settle later than max_wait", function()
      refused({ "/in", settle = "2m" }, "request.constraints.files.max_wait: shorter than settle")
    end)

    it("with fields that nobody knows, naming them", function()
      refused({ "/in", settel = 1 }, "request.constraints.files.settel: unknown field")
      refused({ { path = "/in", recursve = true } },
        "request.constraints.files[1].recursve: unknown field")
    end)

    it("with paths that are none", function()
      refused({ "" }, "request.constraints.files[1]")
      refused({ "a\0b" }, "request.constraints.files[1]: a path has no zero bytes")
    end)
  end)
end)
