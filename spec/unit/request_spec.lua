local moonshift = require "moonshift"

local manager

setup(function() manager = assert(moonshift.open ":memory:") end)
teardown(function() manager:close() end)

-- The message without file and line.
local function refusal(method, ...)
  local ok, message = pcall(manager[method], manager, ...)
  assert.is_false(ok)
  return (message:gsub("^[^:]+:%d+: ", "", 1))
end

local function with_worker(fields)
  fields.worker = "upload"
  return fields
end

-- Each case: fields of a request, and the message behind "request.".
local function refuses(cases)
  for _, case in ipairs(cases) do
    assert.equal("request." .. case[2], refusal("enqueue", with_worker(case[1])))
  end
end

local duration = 'expected a duration such as 30, "1.5h" or "1h30m", got '

describe("a request", function()
  it("is refused at the line that passed it", function()
    local line = debug.getinfo(1, "l").currentline + 1
    local ok, message = pcall(function() manager:enqueue { worker = "x", delay = true } end)
    assert.is_false(ok)
    assert.matches("request_spec%.lua:" .. line .. ": request%.delay: ", message)
  end)

  it("is a table with a worker", function()
    local what = "request: expected a request or a list of requests, got "
    assert.equal(what .. "nil", refusal("enqueue"))
    assert.equal(what .. '"upload"', refusal("enqueue", "upload"))
    assert.equal("request.worker: expected a worker's name, or a list of requests, "
      .. "got an empty table", refusal("enqueue", {}))
    local function refuses_worker(message, worker)
      local request = { worker = worker, delay = 1 }
      assert.equal("request.worker: " .. message, refusal("enqueue", request))
    end
    refuses_worker("expected a worker's name, got nil", nil)
    refuses_worker('expected a worker\'s name, got ""', "")
    refuses_worker("invalid UTF-8", "\255")
    refuses_worker("longer than 255 bytes", ("x"):rep(256))
  end)

  it("has no unknown fields, and slips are pointed out", function()
    refuses {
      { { dealy = 1 }, 'dealy: unknown field (did you mean "delay"?)' },
      { { prioritty = 1 }, 'prioritty: unknown field (did you mean "priority"?)' },
      { { zzzzz = 1 }, "zzzzz: unknown field" },
      { { backoff = { polcy = 1 } }, 'backoff.polcy: unknown field (did you mean "policy"?)' },
    }
    assert.equal('request["a b"]: unknown field', refusal("enqueue", with_worker { ["a b"] = 1 }))
    assert.equal("request: expected names of fields as keys, got a boolean",
      refusal("enqueue", with_worker { [true] = 1 }))
  end)

  it("is refused when a field has the wrong type or range", function()
    refuses {
      { { delay = true }, "delay: " .. duration .. "a boolean" },
      { { delay = -1 }, "delay: " .. duration .. "-1" },
      { { delay = 0 / 0 }, "delay: " .. duration .. "NaN" },
      { { delay = "1x" }, "delay: " .. duration .. '"1x"' },
      { { every = "999ms" }, 'every: expected a duration of at least 1 s, got "999ms"' },
      { { every = 60, flex = 0 }, "flex: expected a duration of at least 1 ms, got 0" },
      { { every = 60, repeats = "x" }, 'repeats: expected "fixed_rate" or "fixed_delay", got "x"' },
      { { max_attempts = 0 }, "max_attempts: expected an integer of at least 1, got 0" },
      { { max_attempts = 1.5 }, "max_attempts: expected an integer of at least 1, got 1.5" },
      { { max_attempts = "3" }, 'max_attempts: expected an integer of at least 1, got "3"' },
      { { timeout = 0 }, "timeout: expected a duration of at least 1 ms, got 0" },
      { { keep_results_for = 0 }, "keep_results_for: expected a duration of at least 1 ms, got 0" },
      { { deadline = 0 }, "deadline: expected a duration of at least 1 ms, got 0" },
      { { deadline = "soon" }, 'deadline: expected a duration such as "1h30m" or a time such as '
        .. '"2026-11-22T07:30:00Z", got "soon"' },
      { { priority = 101 }, "priority: expected an integer from -100 to 100, got 101" },
      { { expedited = 1 }, "expedited: expected true or false, got 1" },
      { { queue = "" }, 'queue: expected a queue\'s name, got ""' },
      { { trace = 5 }, "trace: expected a text, got 5" },
      { { tags = "a" }, 'tags: expected a list of strings, got "a"' },
      { { tags = { "a", 1 } }, "tags[2]: expected a tag, got 1" },
      { { tags = { a = 1 } }, "tags: expected a list of strings, got a table with other keys" },
      { { backoff = { delay = 0 } }, "backoff.delay: expected a duration of at least 1 ms, got 0" },
      { { backoff = { jitter = 2 } }, "backoff.jitter: expected a number from 0 to 1, got 2" },
      { { input = 5 }, "input: expected a table, got a number" },
      { { input = { files = { {}, {}, { name = "\255" } } } },
        "input.files[3].name: invalid UTF-8" },
      { { input = { ("x"):rep(262144) } }, "input: more than 262144 bytes as JSON" },
    }
  end)

  it("is refused when its fields contradict each other", function()
    refuses {
      { { delay = 1, at = 5 }, "at: excluded by delay" },
      { { flex = 1 }, "flex: needs every" },
      { { repeats = "fixed_rate" }, "repeats: needs every" },
      { { every = 5, flex = 6 }, "flex: longer than every" },
      { { every = 5, flex = 1, repeats = "fixed_delay" }, 'flex: needs repeats = "fixed_rate"' },
      { { zone = "UTC" }, "zone: needs cron" },
      { { cron = "@daily", every = 5 }, "every: excluded by cron" },
      { { cron = "@daily", repeats = "fixed_rate" }, "repeats: excluded by cron" },
      { { expedited = true, delay = 0 }, "expedited: excludes delay" },
      { { expedited = true, at = 0 }, "expedited: excludes at" },
      { { expedited = true, every = 5 }, "expedited: excludes every" },
      { { expedited = true, cron = "@daily" }, "expedited: excludes cron" },
      { { every = 5, after = { 1 } }, "after: periodic work has no prerequisites" },
    }
  end)

  it("has a calendar that exists", function()
    assert.matches("^request%.cron: ", refusal("enqueue", with_worker { cron = "0 0 30 2 *" }))
    assert.matches("^request%.cron: ", refusal("enqueue", with_worker { cron = "often" }))
    assert.equal('request.zone: unknown zone "Mars/Base"',
      refusal("enqueue", with_worker { cron = "@daily", zone = "Mars/Base" }))
  end)

  it("has at most 64 different tags", function()
    local tags = {}
    for i = 1, 65 do tags[i] = "tag" .. i end
    assert.equal("request.tags: more than 64 tags", refusal("enqueue", with_worker { tags = tags }))
    tags[65] = "tag1"
    assert.equal(64, #manager:find(manager:enqueue(with_worker { tags = tags })).tags)
  end)

  it("has constraints of known kinds", function()
    local function constrained(constraints) return { constraints = constraints } end
    refuses {
      { constrained "wifi", 'constraints: expected a table of constraints, got "wifi"' },
      { constrained { network = "wifi" }, 'constraints.network: expected "connected", "unmetered", '
        .. '"metered" or "not_roaming", got "wifi"' },
      { constrained { chargin = true },
        'constraints.chargin: unknown field (did you mean "charging"?)' },
      { constrained { idle = 1 }, "constraints.idle: expected true or false, got 1" },
      { constrained { files = {} }, "constraints.files: expected at least one path" },
      { constrained { files = { 5 } }, "constraints.files[1]: expected a path, got 5" },
      { constrained { files = { { recursive = true } } },
        "constraints.files[1].path: expected a path, got nil" },
      { constrained { files = { "x", settle = -1 } },
        "constraints.files.settle: " .. duration .. "-1" },
      { constrained { files = { "x", max_wait = 0 } },
        "constraints.files.max_wait: expected a duration of at least 1 ms, got 0" },
      { constrained { custom = { "" } },
        'constraints.custom[1]: expected a condition\'s name, got ""' },
      { constrained { custom = { "idle" } },
        'constraints.custom[1]: expected a name of the application\'s own, got "idle"' },
    }
  end)

  it("is stored as it was given", function()
    local line = debug.getinfo(1, "l").currentline + 1
    local id = manager:enqueue { worker = "upload", input = { n = 1 }, tags = { "a", "b", "a" },
      delay = "1.5h", queue = "q", priority = -100, trace = "t",
      backoff = { policy = "linear", delay = 1, max = "1h", jitter = 0.5 } }
    local info = manager:find(id)
    assert.same({ n = 1 }, info.input)
    assert.same({ "a", "b" }, info.tags)
    assert.equal(5400, info.delay)
    assert.equal("q", info.queue)
    assert.equal(-100, info.priority)
    assert.equal("t", info.trace)
    assert.matches("request_spec%.lua:%d+$", info.enqueued_by)
    assert.is_true(tonumber(info.enqueued_by:match "%d+$") >= line)
  end)
end)
