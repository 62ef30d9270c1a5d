local answers = require "moonshift.cli.inspector.answers"
local bench = require "spec.support.bench"
local command = require "spec.support.command"
local core = require "moonshift.core"
local expect = require "spec.support.expect"
local stores = require "spec.support.stores"

local unpack = table.unpack or unpack

describe("what the inspector answers", function()
  local manager

  local function ask(method, path, body, changes)
    local target, query = path:match "^([^?]*)%??(.*)$"
    local list = {}
    for name, value in query:gmatch "([^&=]+)=([^&]*)" do
      list[#list + 1] = { name, value }
    end
    local request = { method = method, path = target, query = list, host = "localhost:7070",
      type = "application/json", body = body or "" }
    for key, value in pairs(changes or {}) do
      request[key] = value
    end
    local status, text, kind = answers(manager, request)
    return status, kind == "application/json" and assert(core.decode(text)) or text, kind
  end

  before_each(function()
    manager = bench.open()
  end)
  after_each(bench.clear)

  it("is a page and its script", function()
    local status, page, kind = ask("GET", "/")
    assert.are.equal(200, status)
    expect.text("text/html", kind)
    local source = page:match 'src="([^"]+)"'
    expect.text("text/javascript", (select(3, ask("GET", source))))
  end)

  it("is works by selector and page, the newest first, and how many there are", function()
    local ids = {}
    for index = 1, 5 do
      ids[index] = manager:enqueue { worker = "succeed", tags = { index < 4 and "a" or "b" } }
    end
    local status, list = ask("GET", "/api/works?tag=a&state=enqueued&limit=2")
    assert.are.equal(200, status)
    assert.are.equal(3, list.count)
    assert.are.same({ ids[3], ids[2] }, { list.works[1].id, list.works[2].id })
    local _, rest = ask("GET", "/api/works?tag=a&limit=2&offset=2&order=id")
    assert.are.same({ ids[3] }, { rest.works[1].id })
    assert.are.equal(5, select(2, ask("GET", "/api/works")).count)
  end)

  it("is one work and what it waits for", function()
    local id = manager:enqueue { worker = "succeed", delay = "1h" }
    assert.are.equal(id, select(2, ask("GET", "/api/works/" .. id)).id)
    assert.are.equal("delay", select(2, ask("GET", "/api/works/" .. id .. "/why"))[1].kind)
    for _, path in ipairs { "/api/works/99", "/api/works/99/why", "/api/nothing" } do
      assert.are.equal(404, (ask("GET", path)))
    end
  end)

  it("is an overview of states and queues", function()
    manager:set_queue("slow", { limit = 1, rate = "2/s" })
    manager:enqueue { worker = "succeed" }
    local _, overview = ask("GET", "/api/overview")
    assert.are.equal(1, overview.stats.enqueued)
    assert.are.same({ limit = 1, rate = "2/s", paused = false }, overview.queues.slow)
  end)

  it("changes works and queues", function()
    local id = manager:enqueue { worker = "succeed", delay = "1h" }
    local body = ('{"id":%d}'):format(id)
    assert.are.equal(1, select(2, ask("POST", "/api/cancel", body)).count)
    assert.are.equal("cancelled", manager:find(id).state)
    assert.are.equal(1, select(2, ask("POST", "/api/retry", body)).count)
    assert.are.equal(1, select(2, ask("POST", "/api/run_now", body)).count)
    manager:run_due()
    assert.are.equal("succeeded", manager:find(id).state)
    ask("POST", "/api/pause", '{"queue":"default"}')
    assert.is_true(manager:queues().default.paused)
    ask("POST", "/api/resume", '{"queue":"default"}')
    assert.is_false(manager:queues().default.paused)
  end)

  it("enqueues", function()
    local body = '{"request":{"worker":"succeed"},"unique":{"name":"n","existing":"keep"}}'
    local status, made = ask("POST", "/api/works", body)
    assert.are.equal(200, status)
    assert.are.equal("enqueued", made.outcome)
    assert.are.equal("n", manager:find(made.id).name)
    assert.are.equal("kept", select(2, ask("POST", "/api/works", body)).outcome)
  end)

  it("is an error where the question is wrong, and nothing is changed", function()
    local id = manager:enqueue { worker = "succeed" }
    local body = ('{"id":%d}'):format(id)
    local cases = {
      { 400, "limit", "GET", "/api/works?limit=-1" },
      { 400, "colour", "GET", "/api/works?colour=red" },
      { 400, "state", "GET", "/api/works?state=asleep" },
      { 400, "{ all = true }", "POST", "/api/cancel", "{}" },
      { 400, "JSON", "POST", "/api/cancel", "{" },
      { 400, "queue", "POST", "/api/pause", "{}" },
      { 400, "request.worker", "POST", "/api/works", '{"request":{}}' },
      { 400, "uniqe: unknown field", "POST", "/api/works",
        '{"request":{"worker":"succeed"},"uniqe":{"name":"a","existing":"keep"}}' },
      { 400, "tag: unknown field", "POST", "/api/pause", '{"queue":"a","tag":"b"}' },
      { 405, "method", "POST", "/api/overview", "{}" },
      { 405, "method", "GET", "/api/cancel" },
      { 415, "application/json", "POST", "/api/cancel", body, { type = "text/plain" } },
      { 403, "not served", "POST", "/api/cancel", body, { host = "example.org" } },
      { 403, "not served", "GET", "/api/works", nil, { host = "example.org:7070" } },
    }
    for _, case in ipairs(cases) do
      local status, answer = ask(unpack(case, 3, 6))
      assert.are.equal(case[1], status, case[2])
      expect.text(case[2], answer.error)
    end
    assert.are.equal("enqueued", manager:find(id).state)
    assert.are.equal(1, manager:count { all = true })
  end)
end)

describe("moonshift serve", function()
  local path

  before_each(function()
    local manager
    manager, path = stores.open()
    manager:enqueue { worker = "later", delay = "1h" }
  end)
  after_each(stores.clear)

  local function serve(words)
    return command.run(("%s serve --db %s %s 2>&1"):format(command.program(),
      command.quote(path), words))
  end

  local function check_served()
    local request = require "http.request"
    local script = ("echo $$; exec %s serve --db %s --json --listen 127.0.0.1:0")
      :format(command.program(), command.quote(path))
    local pipe = assert(io.popen("timeout -s KILL 60 sh -c " .. command.quote(script)))
    local pid, line = pipe:read "*l", pipe:read "*l"
    local url = assert(core.decode(line)).url
    local headers, stream = assert(request.new_from_uri(url .. "api/works"):go(20))
    assert.are.equal("200", headers:get ":status")
    assert.are.equal("no-store", headers:get "cache-control")
    assert.are.equal("later", core.decode(stream:get_body_as_string()).works[1].worker)
    os.execute("kill -INT " .. pid)
    assert.are.equal("", pipe:read "*a")
  end

  it("answers over HTTP until it is interrupted, or names the rock that it needs", function()
    if pcall(require, "http.server") then
      check_served()
    else
      local status, out = serve ""
      assert.are.equal(1, status)
      expect.text("luarocks install http", out)
    end
  end)

  it("serves this machine only", function()
    for words, says in pairs { ["0.0.0.0:80"] = "an address of this machine",
      ["localhost"] = "HOST:PORT", ["127.0.0.1:99999"] = "HOST:PORT" } do
      local status, out = serve("--listen " .. words)
      assert.are.equal(2, status, out)
      expect.text(says, out)
    end
  end)
end)
