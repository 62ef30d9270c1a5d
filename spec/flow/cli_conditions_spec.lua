local command = require "spec.support.command"
local expect = require "spec.support.expect"
local folder = require "spec.support.folder"
local stores = require "spec.support.stores"

describe("moonshift run --set", function()
  local manager, path, host

  local function needing(...)
    return manager:enqueue { worker = "succeed", constraints = { custom = { ... } } }
  end

  local function run(words)
    return ("%s run --db %s --workers spec.support.workers.basic --threads 1 %s")
      :format(command.program(), command.quote(path), words)
  end

  --- Runs it until all is done, with that input; returns what it writes.
  local function feed(words, lines)
    local base = folder.new()
    folder.write(base .. "/in", lines)
    local status, out = command.run(("sh -c %s 2>%s/err")
      :format(command.quote(run(words .. " --until done <" .. base .. "/in")), base))
    assert.are.equal(0, status, folder.read(base .. "/err"))
    return out, folder.read(base .. "/err")
  end

  local function open_pipe()
    local line = run "--set - --until done >/dev/null 2>&1"
    return assert(io.popen("timeout -s KILL 60 " .. line, "w"))
  end

  --- It is told through a pipe, and serves until the last work is cancelled.
  local function begin()
    manager:enqueue { worker = "succeed", delay = "1h" }
    host = open_pipe()
  end

  local function tell(line)
    host:write(line, "\n")
    host:flush()
  end

  local function comes(id)
    local works = assert(manager:await(id, stores.patience))
    assert.are.equal("succeeded", works[1].state)
  end

  before_each(function()
    manager, path = stores.open()
  end)
  after_each(function()
    if host then
      manager:cancel { all = true }
      host:close()
      host = nil
    end
    stores.clear()
  end)

  it("takes conditions from its input while it serves", function()
    local first = needing "first"
    local second = needing("first", "second")
    begin()
    tell "first=true"
    comes(first)
    assert.are.equal("enqueued", manager:find(second).state)
    tell "second=true"
    comes(second)
  end)

  it("hands a condition back that is given no value", function()
    local first = needing "first"
    begin()
    tell "first=true"
    comes(first)
    tell "first="
    tell "second=true"
    comes(needing "second")
    local again = needing "first"
    comes(needing "second")
    assert.are.equal("enqueued", manager:find(again).state)
  end)

  it("goes on when its input ends, also within a line", function()
    needing "open"
    local input = open_pipe()
    input:write "open=true"
    input:close()
    assert.are.equal("succeeded", manager:find(1).state)
  end)

  it("goes on without an input", function()
    for _, redirect in ipairs { "</dev/null", "<&-" } do
      needing "open"
      local status, out = command.run(run("--set - --set open=true --until done " .. redirect))
      assert.are.equal(0, status)
      expect.text("succeeded", out)
    end
  end)

  it("says which lines are wrong, and takes the others", function()
    needing "open"
    manager:enqueue { worker = "succeed", constraints = { network = "metered" } }
    local _, err = feed("--set -", "open\n\nnetwork=wood\r\nopen=perhaps\n=true\nfiles=true\n"
      .. ("x"):rep(5000) .. "=true\nnetwork=metered\r\nopen=true\n")
    for _, words in ipairs {
      "line 1: expected NAME=VALUE, got 'open'\n",
      'line 3: value: expected "none", "connected"',
      "line 4: value: expected true or false",
      "line 5: expected NAME=VALUE",
      'line 6: name: "files"',
      "line 7: longer than 1024 bytes\n",
    } do
      expect.text("moonshift: standard input, " .. words, err)
    end
    assert.is_nil(err:find("line [289]"))
  end)

  it("leaves its input alone unless it is asked to read it", function()
    needing "open"
    local script = run "--set open=true --until done" .. " >/dev/null; cat"
    local _, out = command.run("sh -c " .. command.quote("echo open=false | (" .. script .. ")"))
    assert.are.equal("open=false\n", out)
  end)

  it("shows on a terminal too which lines are wrong", function()
    needing "open"
    local inner = "printf 'open\\nopen=true\\n' | " .. run "--set - --until done"
    local _, out = command.run(("script -qefc %s /dev/null </dev/null 2>&1")
      :format(command.quote(inner)))
    expect.text("line 1: expected NAME=VALUE, got 'open'", out)
    expect.text("1 succeeded", out)
  end)
end)
