local moonshift = require "moonshift"

local manager

setup(function() manager = assert(moonshift.open ":memory:") end)
teardown(function() manager:close() end)

local function refuses(expected, method, ...)
  local ok, message = pcall(manager[method], manager, ...)
  assert.is_false(ok)
  assert.equal(expected, (message:gsub("^[^:]+:%d+: ", "", 1)))
end

local function work(fields)
  fields = fields or {}
  fields.worker = fields.worker or "step"
  return fields
end

describe("a list of requests", function()
  it("names the position of the one at fault", function()
    refuses("request[2].worker: expected a worker's name, got nil", "enqueue",
      { work(), { delay = 1 } })
    refuses("request[1]: expected a request, got a list", "enqueue", { { work() } })
    refuses('request[2]: expected a request, got "x"', "enqueue", { work(), "x" })
    refuses("request: expected a request or a list of requests, got a table with other keys",
      "enqueue", { work(), worker = "x" })
    refuses("request[2].input.a.b: expected data, got a function", "enqueue",
      { work(), work { input = { a = { b = print } } } })
  end)

  it("may name its own requests as prerequisites, in any order, each counting once", function()
    local first = work()
    local ids = manager:enqueue { work { after = { first, first } }, first }
    assert.same({ ids[2] }, manager:find(ids[1]).prerequisites)
  end)

  it("may hold a table twice unless it is named as a prerequisite", function()
    local twice = work()
    assert.equal(2, #manager:enqueue { twice, twice })
    refuses("request[3].after[1]: this request is in the call more than once", "enqueue",
      { twice, twice, work { after = { twice } } })
  end)

  it("is free of strangers, cycles and periodic work", function()
    local a, b, c = work(), work(), work()
    a.after, b.after, c.after = { c }, { a }, { b }
    refuses("request[2].after: a cycle", "enqueue", { a, b, c })
    refuses("request[1].after[1]: not a request of this call", "enqueue", { a, b })
    a.after = { a }
    refuses("request.after[1]: a request cannot come after itself", "enqueue", a)
    refuses("request[1].after[1]: a request cannot come after itself", "enqueue", { a })
    local daily = work { cron = "@daily" }
    refuses("request[2].after: periodic work cannot be a prerequisite", "enqueue",
      { daily, work { after = { daily } } })
    local wrong = "request.after[1]: expected an id or a request of the same call, got "
    refuses(wrong .. "0", "enqueue", work { after = { 0 } })
    refuses(wrong .. '"x"', "enqueue", work { after = { "x" } })
    refuses("request.after: expected a list of ids or requests, got 5", "enqueue",
      work { after = 5 })
  end)

  it("may be so deep that recursion would not do", function()
    local requests, last = {}, nil
    for i = 5000, 1, -1 do
      requests[i] = work { after = last and { last } or nil }
      last = requests[i]
    end
    requests[5000].after = { last }
    refuses("request[5000].after: a cycle", "enqueue", requests)
  end)
end)

describe("a chain", function()
  it("names stage and position of the request at fault", function()
    refuses("stages[2][2].worker: expected a worker's name, got nil", "chain",
      { work(), { work(), { delay = 1 } } })
    refuses("stages[2].worker: expected a worker's name, got nil", "chain",
      { work(), { delay = 1 } })
    refuses("stages[1]: expected a request or a list of requests, got 5", "chain", { 5 })
    refuses("stages: expected a list of stages, got a table with other keys", "chain", work())
    refuses("stages: expected a list of stages, got nil", "chain")
  end)

  it("has at least one request", function()
    refuses("stages: expected at least one request", "chain", {})
    refuses("stages: expected at least one request", "chain", { {}, {} })
  end)

  it("has no periodic work and no cycle", function()
    refuses("stages[2].every: periodic work cannot be in a chain", "chain",
      { work(), work { every = 5 } })
    local last = work()
    refuses("stages[2].after: a cycle", "chain", { work { after = { last } }, last })
  end)

  it("gives ids in its own shape and skips an empty stage", function()
    local ids = manager:chain { work(), {}, { work(), work() }, work() }
    assert.is_number(ids[1])
    assert.same({}, ids[2])
    assert.same({ ids[1] }, manager:find(ids[3][2]).prerequisites)
    assert.same(ids[3], manager:find(ids[4]).prerequisites)
  end)
end)

describe("an update", function()
  it("takes one request without prerequisites", function()
    local id = manager:enqueue(work())
    refuses("request.after: prerequisites cannot be changed by an update", "update", id,
      work { after = {} })
    refuses("request: expected a request, got a list", "update", id, { work() })
    refuses("request: expected a request, got nil", "update", id)
  end)
end)

describe("a unique name", function()
  it("comes with a policy that has no default", function()
    local words = 'unique.existing: expected "keep", "replace", "append", "append_or_replace" '
      .. 'or "update", got '
    refuses(words .. "nil", "enqueue", work(), { name = "sync" })
    refuses(words .. '"merge"', "enqueue", work(), { name = "sync", existing = "merge" })
    refuses("unique.name: expected a name, got nil", "enqueue", work(), { existing = "keep" })
    refuses("unique.name: longer than 255 bytes", "enqueue", work(),
      { name = ("x"):rep(256), existing = "keep" })
    refuses('unique.nam: unknown field (did you mean "name"?)', "enqueue", work(), { nam = "sync" })
    refuses('unique: expected a table { name, existing }, got "sync"', "enqueue", work(), "sync")
  end)
end)

describe("a selector", function()
  it("says which works are meant", function()
    local id = manager:enqueue(work { tags = { "chosen" } })
    for _, selector in ipairs { id, { id }, { id = id }, { id = { id }, state = "enqueued" },
      { tag = "chosen" }, { tag = { "none", "chosen" }, worker = "step", queue = { "default" } },
    } do
      assert.equal(1, manager:count(selector))
    end
    assert.is_true(manager:count { all = true } > 1)
  end)

  it("is refused when it is empty, unknown or of the wrong type", function()
    local states = 'expected "enqueued", "running", "succeeded", "failed", "blocked" '
      .. 'or "cancelled", got '
    local id = "expected an id, which is a positive integer, got "
    local what = 'selector: expected an id, a list of ids, '
      .. 'or a table such as { state = "failed" }, got '
    local cases = {
      { {}, "selector: empty; { all = true } selects everything" },
      { { id = {} }, "selector.id: expected at least one value, got an empty list" },
      { { state = "done" }, "selector.state: " .. states .. '"done"' },
      { { state = { "failed", "x" } }, "selector.state[2]: " .. states .. '"x"' },
      { { stat = "failed" }, 'selector.stat: unknown field (did you mean "state"?)' },
      { { all = true, id = 1 }, "selector: all = true stands alone" },
      { { all = false }, "selector.all: expected true" },
      { 0, "selector: " .. id .. "0" },
      { { 1, -1 }, "selector[2]: " .. id .. "-1" },
      { { 1, state = "failed" }, "selector: expected one value or a list of values, "
        .. "got a table with other keys" },
      { { tag = 5 }, "selector.tag: expected a string or a list of strings, got 5" },
      { "all", what .. '"all"' },
      { nil, what .. "nil" },
    }
    for _, case in ipairs(cases) do refuses(case[2], "cancel", case[1]) end
  end)
end)
