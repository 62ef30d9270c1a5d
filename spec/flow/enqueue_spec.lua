local expect = require "spec.support.expect"
local moonshift = require "moonshift"
local stores = require "spec.support.stores"

describe("enqueuing", function()
  local manager

  before_each(function()
    manager = stores.open()
  end)
  after_each(stores.clear)

  local function refused(request, ...)
    local texts = { ... }
    expect.misuse(function()
      local id = manager:enqueue(request)
      return id
    end, (table.unpack or unpack)(texts))
    assert.are.equal(0, manager:count { all = true })
  end

  it("one request gives one positive integer and the outcome", function()
    local id, outcome = manager:enqueue { worker = "upload" }
    assert.is_number(id)
    assert.is_true(id > 0 and id % 1 == 0)
    if math.type then
      assert.are.equal("integer", math.type(id))
    end
    assert.are.equal("enqueued", outcome)
  end)

  it("a list gives a list of ids in its order", function()
    local ids, outcome = manager:enqueue { { worker = "a" }, { worker = "b" }, { worker = "c" } }
    assert.are.equal("enqueued", outcome)
    assert.are.equal(3, #ids)
    for index, worker in ipairs { "a", "b", "c" } do
      assert.are.equal(worker, manager:find(ids[index]).worker)
    end
  end)

  it("a list of one gives a list of one", function()
    local ids = manager:enqueue { { worker = "a" } }
    assert.is_table(ids)
    assert.are.equal("a", manager:find(ids[1]).worker)
  end)

  it("ids are never used again, not even after everything was pruned", function()
    local first = manager:enqueue { worker = "a" }
    manager:cancel(first)
    assert.are.equal(1, manager:prune())
    local second = manager:enqueue { worker = "a" }
    assert.is_true(second > first)
  end)

  it("ids are never used again after the store was closed and opened", function()
    local _, path = stores.open()
    local one = assert(moonshift.open(path))
    local first = one:enqueue { worker = "a" }
    one:cancel(first)
    one:prune()
    one:close()
    local other = stores.open { database = path }
    assert.is_true(other:enqueue { worker = "a" } > first)
  end)

  it("a list with one wrong request stores nothing and names its place", function()
    refused({ { worker = "a" }, { worker = 7 } }, "request[2].worker")
    refused({ { worker = "a" }, { worker = "b", delay = "soon" } }, "request[2].delay")
    refused({ { worker = "a" }, { worker = "b", input = { f = print } } }, "request[2].input.f")
  end)

  it("a request with an unknown field raises and names it", function()
    refused({ worker = "a", dealy = "5s" }, "request.dealy")
  end)

  it("a request without a worker raises", function()
    refused({ input = { x = 1 } }, "worker")
    refused({ worker = "" }, "request.worker")
  end)

  it("what is no request raises", function()
    refused("upload", "request")
    refused(nil, "request")
    refused(7, "request")
  end)

  it("a value of the wrong type raises and names its path", function()
    refused({ worker = "a", tags = "x" }, "request.tags")
    refused({ worker = "a", tags = { "x", 7 } }, "request.tags[2]")
    refused({ worker = "a", delay = true }, "request.delay")
    refused({ worker = "a", priority = "high" }, "request.priority")
    refused({ worker = "a", expedited = 1 }, "request.expedited")
    refused({ worker = "a", queue = 7 }, "request.queue")
    refused({ worker = "a", trace = {} }, "request.trace")
    refused({ worker = "a", merger = print }, "request.merger")
    refused({ worker = "a", constraints = "network" }, "request.constraints")
    refused({ worker = "a", backoff = 5 }, "request.backoff")
    refused({ worker = "a", max_attempts = "3" }, "request.max_attempts")
    refused({ worker = "a", after = 7.5 }, "request.after")
    refused({ worker = "a", input = "text" }, "request.input")
  end)

  it("a value out of range raises and names its path", function()
    refused({ worker = "a", priority = 101 }, "request.priority")
    refused({ worker = "a", priority = -101 }, "request.priority")
    refused({ worker = "a", priority = 1.5 }, "request.priority")
    refused({ worker = "a", delay = -1 }, "request.delay")
    refused({ worker = "a", delay = 0 / 0 }, "request.delay")
    refused({ worker = "a", delay = 1 / 0 }, "request.delay")
    refused({ worker = "a", delay = 1e300 }, "request.delay")
    refused({ worker = "a", timeout = 0 }, "request.timeout")
    refused({ worker = "a", max_attempts = 0 }, "request.max_attempts")
    refused({ worker = "a", every = "999ms" }, "request.every")
    refused({ worker = "a", every = "1m", flex = 0 }, "request.flex")
    refused({ worker = "a", every = "1m", flex = "2m" }, "request.flex")
    refused({ worker = "a", backoff = { delay = 0 } }, "request.backoff.delay")
    refused({ worker = "a", backoff = { policy = "random" } }, "request.backoff.policy")
    refused({ worker = "a", backoff = { jitter = 1.5 } }, "request.backoff.jitter")
    refused({ worker = "a", backoff = { delays = 1 } }, "request.backoff.delays")
    refused({ worker = "a", repeats = "sometimes", every = "1m" }, "request.repeats")
    refused({ worker = "a", deadline = 0 }, "request.deadline")
  end)

  it("durations are lower case numbers with units and nothing else", function()
    for _, text in ipairs { "", "5", "s", "5 s", "+5s", "-5s", "5S", "1h 30m", "5sec", "1e3s",
      "5s,", "1h30" } do
      refused({ worker = "a", delay = text }, "request.delay")
    end
  end)

  it("durations are read to the millisecond", function()
    local cases = {
      ["500ms"] = 0.5, ["30s"] = 30, ["1.5h"] = 5400, ["1h30m"] = 5400, ["2d"] = 172800,
      ["1w"] = 604800, ["1m1s1ms"] = 61.001, ["0.25s"] = 0.25,
    }
    for text, seconds in pairs(cases) do
      local id = manager:enqueue { worker = "a", delay = text }
      assert.are.equal(seconds, manager:find(id).delay, text)
    end
    assert.are.equal(2.5, manager:find(manager:enqueue { worker = "a", delay = 2.5 }).delay)
    assert.are.equal(0.001, manager:find(manager:enqueue { worker = "a", delay = 0.0011 }).delay)
  end)

  it("times are seconds since the epoch or ISO 8601 with a zone", function()
    local function due(at)
      return manager:find(manager:enqueue { worker = "a", at = at }).due_at
    end
    assert.are.equal(4102444800, due(4102444800))
    assert.are.equal(4102444800, due "2100-01-01T00:00:00Z")
    assert.are.equal(4102444800, due "2100-01-01T02:00:00+02:00")
  end)

  it("a time without a zone, or none at all, raises", function()
    refused({ worker = "a", at = "2100-01-01T00:00:00" }, "request.at")
    refused({ worker = "a", at = "tomorrow" }, "request.at")
  end)

  it("contradictions raise", function()
    refused({ worker = "a", delay = "1s", at = 4102444800 }, "at")
    refused({ worker = "a", every = "1m", cron = "@daily" }, "cron")
    refused({ worker = "a", cron = "@daily", flex = "1m" }, "flex")
    refused({ worker = "a", flex = "1m" }, "flex")
    refused({ worker = "a", repeats = "fixed_rate" }, "repeats")
    refused({ worker = "a", zone = "Europe/Berlin" }, "zone")
    refused({ worker = "a", every = "1m", flex = "1s", repeats = "fixed_delay" }, "flex")
    refused({ worker = "a", expedited = true, delay = "1s" }, "expedited")
    refused({ worker = "a", expedited = true, at = 4102444800 }, "expedited")
    refused({ worker = "a", expedited = true, every = "1m" }, "expedited")
    refused({ worker = "a", expedited = true, cron = "@daily" }, "expedited")
  end)

  it("constraints with wrong names or values raise and name the path", function()
    refused({ worker = "a", constraints = { netwrk = "connected" } }, "request.constraints.netwrk")
    refused({ worker = "a", constraints = { network = "fast" } }, "request.constraints.network")
    refused({ worker = "a", constraints = { charging = "yes" } }, "request.constraints.charging")
    refused({ worker = "a", constraints = { custom = "vpn" } }, "request.constraints.custom")
    local files = "request.constraints.files"
    refused({ worker = "a", constraints = { files = {} } }, files)
    refused({ worker = "a", constraints = { files = { paths = {} } } }, files .. ".paths")
    refused({ worker = "a", constraints = { files = { paths = "a" } } }, files .. ".paths")
    refused({ worker = "a", constraints = { files = { "a", paths = { "b" } } } }, files .. ".paths")
    refused({ worker = "a", constraints = { files = { paths = { 7 } } } }, files .. ".paths[1]")
  end)

  it("a name or tag of 255 bytes is fine, one more is an error that names the limit", function()
    local long = ("n"):rep(255)
    local request = { worker = "a", tags = { long } }
    local id = manager:enqueue(request, { name = long, existing = "keep" })
    assert.are.equal(long, manager:find(id).name)
    assert.are.same({ long }, manager:find(id).tags)
    manager:cancel(id)
    manager:prune()
    refused({ worker = "a", tags = { long .. "n" } }, "request.tags[1]", "255")
    expect.misuse(function()
      local kept = manager:enqueue({ worker = "a" }, { name = long .. "n", existing = "keep" })
      return kept
    end, "unique.name", "255")
  end)

  it("64 tags are fine, one more is an error that names the limit", function()
    local tags = {}
    for index = 1, 64 do
      tags[index] = ("tag %02d"):format(index)
    end
    local id = manager:enqueue { worker = "a", tags = tags }
    expect.members(tags, manager:find(id).tags)
    manager:cancel(id)
    manager:prune()
    tags[65] = "one more"
    refused({ worker = "a", tags = tags }, "request.tags", "64")
  end)

  it("the caller's tables stay as they are", function()
    local request = { worker = "a", input = { list = { 1, 2 } }, tags = { "x" } }
    manager:enqueue(request)
    assert.are.same({ worker = "a", input = { list = { 1, 2 } }, tags = { "x" } }, request)
    assert.is_nil(getmetatable(request))
  end)

  it("the place that enqueued is kept", function()
    local id = manager:enqueue { worker = "a" }
    local line = debug.getinfo(1, "l").currentline - 1
    expect.text("enqueue_spec.lua:" .. line, manager:find(id).enqueued_by)
  end)

  it("a call in which a prerequisite does not exist stores nothing", function()
    expect.code("NOTFOUND", manager:enqueue { { worker = "a" },
      { worker = "b", after = { 4711 } } })
    assert.are.equal(0, manager:count { all = true })
  end)

  it("enqueued work is there after the store was closed and opened", function()
    local one, path = stores.open { durability = "full" }
    local id = one:enqueue { worker = "a", input = { x = 1 }, tags = { "t" }, priority = 5 }
    one:close()
    local other = stores.open { database = path }
    local info = other:find(id)
    assert.are.same({ x = 1 }, info.input)
    assert.are.same({ "t" }, info.tags)
    assert.are.equal(5, info.priority)
    assert.are.equal("enqueued", info.state)
  end)
end)
