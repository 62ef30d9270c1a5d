local command = require "spec.support.command"
local core = require "moonshift.core"
local expect = require "spec.support.expect"
local folder = require "spec.support.folder"
local stores = require "spec.support.stores"

local ENTER, LEAVE = "\27[?1049h\27[?25l", "\27[?25h\27[?1049l"
local HOME = "\27[H"

describe("moonshift top", function()
  local path

  --- Its status and all that it writes.
  local function top(...)
    local words = { command.program(), "top --db", command.quote(path), ... }
    return command.run(table.concat(words, " ") .. " 2>&1")
  end

  local function ok(...)
    local status, out = top(...)
    assert.are.equal(0, status, out)
    return out
  end

  --- The same on a terminal of its own; the first line is the process's id.
  local function on_terminal(words)
    local inner = ("echo $$; exec %s top --db %s %s")
      :format(command.program(), command.quote(path), words)
    local pipe = assert(io.popen(("timeout -s KILL 60 script -qefc %s /dev/null </dev/null 2>&1; "
      .. "echo status $?"):format(command.quote(inner))))
    return pipe, assert(pipe:read "*l"):match "%d+"
  end

  --- All that is written up to a line with that text.
  local function read_to(pipe, text)
    local lines = {}
    repeat
      local line = pipe:read "*l"
      assert.is_string(line, ("%q never came: %s"):format(text, table.concat(lines, "\n")))
      lines[#lines + 1] = line
    until line:find(text, 1, true)
    return table.concat(lines, "\n")
  end

  --- A store in which one work runs: it has told its progress.
  local function open_busy()
    local gate = folder.new() .. "/gate"
    local manager = stores.pool("basic", { database = path })
    local id = manager:enqueue { worker = "progress", input = { steps = 1, gate = gate } }
    stores.until_true(manager, id, function()
      return manager:find(id).progress
    end)
    return manager, gate, id
  end

  before_each(function()
    path = stores.path()
  end)
  after_each(stores.clear)

  it("has a help page", function()
    local status, out = top "--help"
    assert.are.equal(0, status)
    for _, word in ipairs { "Usage: moonshift top", "--db", "--json", "--once" } do
      expect.text(word, out)
    end
  end)

  it("takes no argument", function()
    assert.are.equal(2, (top "7"))
  end)

  it("of a database that is not there is status 1 and makes none", function()
    local status, out = top()
    assert.are.equal(1, status)
    expect.text(path, out)
    assert.is_false(folder.exists(path))
  end)

  it("prints one snapshot and ends where there is no terminal", function()
    local manager, gate, id = open_busy()
    local later = manager:enqueue { worker = "echo", delay = "2h", queue = "slow" }
    local out = ok()
    folder.write(gate, "")
    assert.is_nil(out:find "\27")
    expect.text("1 enqueued, 0 blocked, 1 running, 0 succeeded", out)
    expect.text("other processes: 1", out)
    assert.is_truthy(out:find(id .. "  progress +1 +%S+  {\"step\":1}\n"), out)
    assert.is_truthy(out:find(later .. "  echo  slow   in [12]h%d%dm  delay\n"), out)
  end)

  it("shows progress that is a percentage as one, however large", function()
    local manager = stores.open { database = path, workers = {
      part = function(input, work)
        work:progress { percent = input.percent }
        work:sleep "1h"
      end,
    } }
    for _, percent in ipairs { 50.9, 1e20 } do
      local id = manager:enqueue { worker = "part", input = { percent = percent } }
      stores.until_true(manager, id, function()
        return manager:find(id).progress
      end)
    end
    local out = ok()
    assert.is_truthy(out:find "part +1 +%S+  50%%\n?", out)
    assert.is_truthy(out:find "part +1 +%S+  100000000000000000000%%\n?", out)
  end)

  it("says which queue holds work that is due", function()
    local manager = stores.open { database = path }
    manager:pause "slow"
    manager:enqueue { worker = "echo", queue = "slow" }
    expect.text("queue slow is paused", ok())
  end)

  it("says that nobody is there only if nobody is", function()
    local manager = stores.open { database = path }
    manager:enqueue { worker = "echo" }
    assert.is_nil(ok():find("no other process", 1, true))
    manager:close()
    expect.text("no other process has the store open", ok())
  end)

  it("shows the first that come due, in their order", function()
    local manager = stores.open { database = path }
    local last = manager:enqueue { worker = "echo", delay = "3h" }
    local first = manager:enqueue { worker = "echo", delay = "1h" }
    local answer = assert(core.decode(ok "--json"))
    assert.are.same({ first, last }, { answer.next[1].work.id, answer.next[2].work.id })
    assert.are.equal("delay", answer.next[1].reasons[1].kind)
    assert.are.equal(1, #answer.next[1].reasons)
  end)

  it("answers with one JSON object, the running works in it", function()
    local _, gate, id = open_busy()
    local answer = assert(core.decode(ok "--json"))
    folder.write(gate, "")
    assert.are.equal(1, answer.stats.running)
    assert.are.equal(id, answer.running[1].id)
    assert.are.same({ step = 1 }, answer.running[1].progress)
    assert.are.same({}, answer.next)
    assert.is_number(answer.time)
  end)

  for _, name in ipairs { "INT", "TERM" } do
    it("draws on a terminal again and again, and gives it back on SIG" .. name, function()
      local manager = stores.open { database = path }
      local pipe, pid = on_terminal ""
      expect.text(ENTER .. HOME, read_to(pipe, "0 enqueued"))
      manager:enqueue { worker = "echo", delay = "1h" }
      expect.text(HOME, read_to(pipe, "1 enqueued"))
      assert.is_truthy(os.execute(("kill -%s %s"):format(name, pid)))
      local rest = pipe:read "*a"
      pipe:close()
      assert.are.equal(LEAVE .. "status 0\n", rest:sub(-#LEAVE - #"status 0\n"))
    end)
  end

  it("draws nothing over with --once on a terminal", function()
    stores.open { database = path }
    local pipe = on_terminal "--once"
    local out = pipe:read "*a"
    pipe:close()
    expect.text("0 enqueued", out)
    expect.text("status 0", out)
    assert.is_nil(out:find "\27")
  end)
end)
