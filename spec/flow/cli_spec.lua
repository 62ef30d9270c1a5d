local command = require "spec.support.command"
local core = require "moonshift.core"
local expect = require "spec.support.expect"
local folder = require "spec.support.folder"
local stores = require "spec.support.stores"

--- Runs the program. The status is a number; out and err are what it wrote.
local function run(words, input)
  local base = folder.new()
  folder.write(base .. "/in", input or "")
  local line = { command.program() }
  for _, word in ipairs(words) do
    line[#line + 1] = command.quote(tostring(word))
  end
  local status, out = command.run(("%s <%s/in 2>%s/err")
    :format(table.concat(line, " "), base, base))
  return status, out, folder.read(base .. "/err")
end

describe("the command line", function()
  local path

  --- Runs the command on the spec's database.
  local function on(...)
    local words = { ... }
    table.insert(words, 2, "--db=" .. path)
    return run(words)
  end

  --- As that, but it must succeed; answers its output.
  local function ok(...)
    local status, out, err = on(...)
    assert.are.equal(0, status, err)
    assert.are.equal("", err)
    return out
  end

  --- As that, and decodes the output.
  local function json(word, ...)
    return assert(core.decode(ok(word, "--json", ...)))
  end

  before_each(function()
    path = stores.path()
  end)
  after_each(stores.clear)

  it("every command has a help page", function()
    for word in ("run list show why enqueue cancel retry prune stats"):gmatch "%a+" do
      local status, out = run { word, "--help" }
      assert.are.equal(0, status)
      expect.text("Usage: moonshift " .. word, out)
      expect.text("--db", out)
      expect.text("--json", out)
    end
  end)

  it("wrong usage is status 2 and says what is wrong", function()
    local cases = {
      { words = {}, says = "command is required" },
      { words = { "dance" }, says = "unknown command 'dance'" },
      { words = { "list", "--db", path, "--colour" }, says = "unknown option '--colour'" },
      { words = { "show", "--db", path, "first" }, says = "'first' is not the id of a work" },
      { words = { "list" }, says = "MOONSHIFT_DB" },
      { words = { "enqueue", "--db", path, "later", "[1" }, says = "input: " },
      { words = { "enqueue", "--db", path, "later", "--delay", "soon" }, says = "request.delay" },
      { words = { "enqueue", "--db", path, "later", "--name", "n" }, says = "existing" },
      { words = { "enqueue", "--db", path, "later", "--constraint", "custom" },
        says = "--constraint custom: expected custom=NAME" },
      { words = { "enqueue", "--db", path, "later", "--constraint", "network=metered",
        "--constraint", "network=connected" }, says = "--constraint network: given twice" },
      { words = { "run", "--db", path }, says = "--workers" },
    }
    for _, case in ipairs(cases) do
      local status, out, err = run(case.words)
      assert.are.equal(2, status, err)
      assert.are.equal("", out)
      expect.text("moonshift: ", err)
      expect.text(case.says, err)
      assert.is_nil(err:find("%.lua:%d"), err)
    end
  end)

  it("a question about a database that is not there is status 1 and makes none", function()
    local status, _, err = on "list"
    assert.are.equal(1, status)
    expect.text(path, err)
    assert.is_false(folder.exists(path))
  end)

  it("takes the database from the environment", function()
    ok("enqueue", "later")
    local pipe = io.popen(("MOONSHIFT_DB=%s %s list --json")
      :format(command.quote(path), command.program()))
    assert.are.equal(1, #core.decode(pipe:read "*a"))
    pipe:close()
  end)

  it("enqueue stores what its options say and prints the id", function()
    local id = tonumber(ok("enqueue", "later", '{"url":"a","big":9007199254740993}', "--tag", "x",
      "--tag", "y", "--delay", "1h", "--priority", "-5", "--queue", "slow", "--trace", "t",
      "--backoff-delay", "2s", "--constraint", "network=unmetered", "--constraint", "charging"))
    local info = stores.open({ database = path }):find(id)
    assert.are.equal("a", info.input.url)
    assert.are.same({ "x", "y" }, info.tags)
    assert.are.equal(3600, info.delay)
    assert.are.equal(-5, info.priority)
    assert.are.equal("slow", info.queue)
    assert.are.equal("t", info.trace)
    assert.are.equal(2, info.backoff.delay)
    assert.are.equal("unmetered", info.constraints.network)
    assert.is_true(info.constraints.charging)
  end)

  it("enqueue reads its input from standard input", function()
    local status, out = run({ "enqueue", "--db", path, "later", "-" }, '{"from":"stdin"}')
    assert.are.equal(0, status)
    assert.are.equal("stdin", stores.open({ database = path }):find(tonumber(out)).input.from)
  end)

  it("enqueue under a name keeps what is there", function()
    local first = json("enqueue", "later", "--name", "n", "--existing", "keep")
    local second = json("enqueue", "later", "--name", "n", "--existing", "keep")
    assert.are.same({ id = first.id, outcome = "enqueued" }, first)
    assert.are.same({ id = first.id, outcome = "kept" }, second)
  end)

  it("enqueue after an unknown work is not done", function()
    local status, out, err = on("enqueue", "later", "--after", "99")
    assert.are.equal(1, status)
    assert.are.equal("", out)
    expect.text("99", err)
  end)

  it("list selects, orders and limits", function()
    for index = 1, 3 do
      ok("enqueue", "later", "--tag", index == 2 and "even" or "odd")
    end
    assert.are.equal(3, #json "list")
    local odd = json("list", "--tag", "odd", "--order", "-id")
    assert.are.equal(2, #odd)
    assert.is_true(odd[1].id > odd[2].id)
    assert.are.equal(1, #json("list", "--limit", "1"))
    assert.are.equal(0, #json("list", "--state", "failed"))
  end)

  it("list aligns its columns and shows nothing a terminal would obey", function()
    ok("enqueue", "later", "--tag", "bad\27[31mtag")
    ok("enqueue", "a_longer_name", "--delay", "2h")
    local out = ok "list"
    assert.is_nil(out:find "\27")
    local header, first, second = out:match "^([^\n]+)\n([^\n]+)\n([^\n]+)\n$"
    local column = header:find("ATTEMPT", 1, true) + #"ATTEMPT" - 1
    assert.are.equal("0", first:sub(column, column))
    assert.are.equal("0", second:sub(column, column))
    expect.text("in 2h", second:gsub("1h59m", "2h"))
  end)

  it("an empty list is empty JSON, and only titles else", function()
    ok("enqueue", "later")
    assert.are.equal("[]\n", ok("list", "--state", "running", "--json"))
    assert.are.equal("ID  STATE  WORKER  ATTEMPT  WHEN\n", ok("list", "--state", "running"))
  end)

  it("show and why tell about one work, and do not know others", function()
    local id = tonumber(ok("enqueue", "later", '{"a":[1,2]}', "--delay", "1h"))
    expect.text('{"a":[1,2]}', ok("show", id))
    assert.are.same({ 1, 2 }, json("show", id).input.a)
    expect.text("delay", ok("why", id))
    assert.are.equal("delay", json("why", id)[1].kind)
    for _, word in ipairs { "show", "why" } do
      local status, _, err = on(word, "99")
      assert.are.equal(1, status)
      expect.text("99", err)
    end
  end)

  it("cancel, retry and prune say how many, and changing nothing is status 1", function()
    local id = tonumber(ok("enqueue", "later", "--tag", "x"))
    assert.are.equal(1, (on("cancel", "99")))
    assert.are.equal(2, (on "cancel"))
    assert.are.equal("1 cancelled\n", ok("cancel", id))
    assert.are.equal("1 enqueued again\n", ok("retry", "--tag", "x"))
    assert.are.same({ count = 1 }, json("cancel", "--all"))
    assert.are.same({ count = 0 }, json("prune", "--older-than", "1d"))
    assert.are.same({ count = 1 }, json "prune")
    assert.are.equal("[]\n", ok("list", "--json"))
  end)

  it("stats counts the works of each state", function()
    ok("enqueue", "later")
    assert.are.equal(1, json("stats").enqueued)
    assert.is_truthy(ok("stats"):find "enqueued%s+1\n")
  end)

  it("run serves until all is done, with a line for each event", function()
    for _, worker in ipairs { "succeed", "second_time", "raise" } do
      ok("enqueue", worker, "--constraint", "custom=open")
    end
    local _, out, err = on("run", "--workers", "spec.support.workers.basic", "--threads", "1",
      "--set", "open=true", "--until", "done")
    for _, words in ipairs { "started   1 succeed attempt 1", "retried   2 second_time",
      "started   2 second_time attempt 2", "failed    3 raise", "the boiler is cold" } do
      expect.text(words, out)
    end
    expect.text("moonshift: worker \"raise\" (work 3)", err)
    local states = {}
    for index, info in ipairs(json "list") do
      states[index] = info.state
    end
    assert.are.same({ "succeeded", "succeeded", "failed" }, states)
    expect.text("explode", ok("show", 3))
  end)

  it("run writes its events as JSON, one a line", function()
    ok("enqueue", "echo", '{"a":1}', "--constraint", "custom=open")
    local out = ok("run", "--workers", "spec.support.workers.basic", "--set", "open=true",
      "--until", "done", "--json")
    local types = {}
    for line in out:gmatch "[^\n]+" do
      local event = assert(core.decode(line))
      types[#types + 1] = event.type
      assert.are.equal("echo", event.work.worker)
      assert.is_number(event.time)
    end
    assert.are.same({ "started", "succeeded" }, types)
  end)

  it("run does not pass over what its workers do before it looks", function()
    ok("enqueue", "succeed")
    local out = ok("run", "--workers", "spec.support.workers.basic", "--until", "idle")
    expect.text("succeeded 1 succeed", out)
  end)

  it("run with a module that does not load is status 1", function()
    local status, _, err = on("run", "--workers", "spec.support.workers.missing")
    assert.are.equal(1, status)
    expect.text("spec.support.workers.missing", err)
  end)

  it("run ends in order when it is interrupted", function()
    ok("enqueue", "succeed")
    local script = ("echo $$; exec %s run --db %s --workers spec.support.workers.basic 2>&1")
      :format(command.program(), command.quote(path))
    local pipe = assert(io.popen("timeout -s KILL 60 sh -c " .. command.quote(script)))
    local pid = pipe:read "*l"
    repeat
      local line = assert(pipe:read "*l")
    until line:find("succeeded", 1, true)
    os.execute("kill -INT " .. pid)
    assert.are.equal("", pipe:read "*a")
    pipe:close()
    assert.are.equal(0, json("stats").running)
  end)
end)
