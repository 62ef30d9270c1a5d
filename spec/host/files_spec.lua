local child = require "spec.support.child"
local expect = require "spec.support.expect"
local folder = require "spec.support.folder"
local lfs = require "lfs"
local sql = require "spec.support.sql"
local stores = require "spec.support.stores"
local system = require "system"

describe("work that waits for real files", function()
  local home, manager, path, given, seen

  local function take(_, work)
    given[#given + 1] = work.files
    return "success"
  end

  local function serve()
    manager = stores.open { database = path, workers = { take = take } }
  end

  before_each(function()
    given, seen = {}, 0
    home = folder.new()
    path = stores.path()
    serve()
  end)

  after_each(function()
    child.clear()
    stores.clear()
  end)

  local function at(name)
    return home .. "/" .. name
  end

  --- A file with that text, in one change: one that is emptied and then written has two, and the
  --- system may pause between them.
  local function put(name, text)
    local fresh = folder.new() .. "/fresh"
    folder.write(fresh, text)
    assert(os.rename(fresh, at(name)))
  end

  local function sh(command, ...)
    assert(os.execute(("cd '%s' && %s"):format(home, command:format(...))))
  end

  --- Waits for that name, or for everything below the home, and does not wait long.
  local function enqueue(name, more)
    local files = { name and at(name) or { path = home, recursive = true }, settle = "50ms" }
    for key, value in pairs(more or {}) do
      files[key] = value
    end
    return manager:enqueue { worker = "take", constraints = { files = files } }
  end

  --- The paths of the next run, in order and without the home.
  local function next_run(id)
    stores.until_true(manager, id, function()
      return #given > seen
    end)
    seen = seen + 1
    local names = {}
    for index, name in ipairs(given[seen]) do
      names[index] = name == home and "." or name:sub(#home + 2)
    end
    return names, given[seen].more
  end

  --- The paths of so many runs as it takes for all of the expected to be among them: where the
  --- system pauses for longer than `settle` between two changes, the second is another run's.
  local function assert_named(expected, id)
    local names, listed = {}, {}
    repeat
      for _, name in ipairs(next_run(id)) do
        names[#names + 1] = not listed[name] and name or nil
        listed[name] = true
      end
    until #names >= #expected
    expect.members(expected, names)
  end

  local function nothing_runs(id)
    local count = #given
    manager:await(id, 0.15)
    assert.are.equal(count, #given)
  end

  it("starts when a file changes that stood there before", function()
    put("a", "1")
    local id = enqueue "a"
    folder.write(at "a", "2")
    assert.are.same({ "a" }, next_run(id))
    assert.are.equal("succeeded", stores.result(manager, id).state)
  end)

  it("starts when a file is replaced, removed, and made again", function()
    put("a", "1")
    local id = enqueue("a", { rearm = true })
    nothing_runs(id)
    sh "echo 2 > b && mv b a"
    assert.are.same({ "a" }, next_run(id))
    sh "rm a"
    assert.are.same({ "a" }, next_run(id))
    put("a", "3")
    assert.are.same({ "a" }, next_run(id))
    put("b", "4")
    nothing_runs(id)
  end)

  it("waits for a path that does not exist yet, nor does its folder", function()
    local id = enqueue("not/yet/there", { rearm = true })
    nothing_runs(id)
    sh "mkdir -p not/yet && echo 1 > not/yet/there"
    assert.are.same({ "not/yet/there" }, next_run(id))
    sh "rm -r not"
    assert.are.same({ "not/yet/there" }, next_run(id))
    sh "mkdir -p not/yet && echo 2 > not/yet/there"
    assert.are.same({ "not/yet/there" }, next_run(id))
  end)

  it("finds files in folders that were made a moment before", function()
    local id = enqueue(nil, { rearm = true })
    nothing_runs(id)
    sh "mkdir -p a/b/c && echo 1 > a/b/c/d"
    assert_named({ "a", "a/b", "a/b/c", "a/b/c/d" }, id)
    put("a/b/c/d", "2")
    assert.are.same({ "a/b/c/d" }, next_run(id))
  end)

  it("waits until new folders have settled as well", function()
    local id = enqueue(nil, { settle = "400ms" })
    nothing_runs(id)
    sh "mkdir a && (for i in 1 2 3 4 5 6; do sleep 0.15; echo $i > a/$i; done)"
    assert.are.same({ "a", "a/1", "a/2", "a/3", "a/4", "a/5", "a/6" }, next_run(id))
  end)

  it("follows folders that are moved, removed and made again", function()
    sh "mkdir -p a/b && echo 1 > a/b/c"
    local id = enqueue(nil, { rearm = true })
    nothing_runs(id)
    sh "mv a z"
    assert_named({ "a", "a/b", "a/b/c", "z", "z/b", "z/b/c" }, id)
    put("z/b/c", "2")
    assert.are.same({ "z/b/c" }, next_run(id))
    sh "rm -r z && mkdir -p z/b && echo 1 > z/b/c"
    assert.is_truthy(#next_run(id) > 0)
    put("z/b/d", "22")
    repeat
      local names = next_run(id)
    until names[#names] == "z/b/d"
  end)

  it("follows a link to a file, and sees it led elsewhere", function()
    sh "mkdir data && echo 1 > data/one && echo 1 > data/two && ln -s data/one link"
    local id = enqueue("link", { rearm = true })
    nothing_runs(id)
    put("data/one", "2")
    assert.are.same({ "link" }, next_run(id))
    sh "ln -sfn data/two link"
    assert.are.same({ "link" }, next_run(id))
  end)

  it("names up to a thousand files and says that there are more", function()
    sh "mkdir many"
    local id = enqueue "many"
    manager:close()
    sh "cd many && seq 1 1001 | xargs touch"
    serve()
    local names, more = next_run(id)
    assert.are.equal(1000, #names)
    assert.is_true(more)
  end)

  it("finds what changed while no process had the store open", function()
    put("a", "1")
    local id = enqueue()
    manager:close()
    sh "echo 2 > a && mkdir b && echo 1 > b/c"
    serve()
    assert.are.same({ "a", "b", "b/c" }, next_run(id))
  end)

  it("counts from the enqueue call, also of a program without workers", function()
    manager:close()
    local client = stores.open { database = path }
    put("a", "1")
    manager = client
    local id = enqueue "a"
    put("a", "2")
    client:close()
    serve()
    assert.are.same({ "a" }, next_run(id))
  end)

  it("needs no file for its store, and takes relative paths", function()
    manager = stores.open { database = ":memory:", workers = { take = take } }
    local before = lfs.currentdir()
    assert(lfs.chdir(home))
    local id = manager:enqueue {
      worker = "take",
      constraints = { files = { "here", settle = 0 } },
    }
    assert(lfs.chdir(before))
    put("here", "1")
    assert.are.same({ "here" }, next_run(id))
  end)

  it("is watched from the moment on at which a row of moonshift_inbox has become it", function()
    local request = '{"worker":"take","constraints":{"files":{"paths":["%s"],"settle":"50ms"}}}'
    sql.run(path, sql.insert { request = request:format(at "a") })
    local other = manager:enqueue { worker = "nobody" }
    local id = stores.until_true(manager, other, function()
      local info = manager:query({ worker = "take" })[1]
      return info and info.id
    end)
    nothing_runs(id)
    put("a", "1")
    assert.are.same({ "a" }, next_run(id))
  end)

  it("finds with rearm what changed during its run", function()
    local changed
    take = function(_, work)
      given[#given + 1] = work.files
      if not changed then
        changed = true
        put("b", "1")
      end
      return "success"
    end
    manager:close()
    serve()
    local id = enqueue(nil, { rearm = true })
    put("a", "1")
    assert.are.same({ "a" }, next_run(id))
    assert.are.same({ "b" }, next_run(id))
    nothing_runs(id)
  end)

  it("runs once when two processes watch the same files", function()
    local id = enqueue(nil, { rearm = true })
    local watcher = child.start("watcher", path)
    watcher:expect "open"
    nothing_runs(id)
    for round = 1, 5 do
      put("a", tostring(round))
      stores.until_true(manager, id, function()
        local info = manager:find(id)
        return info.run >= round and info.state == "enqueued"
      end)
    end
    nothing_runs(id)
    assert.are.equal(5, manager:find(id).run)
  end)

  it("is watched by a process that was there before it, until it is cancelled", function()
    manager:close()
    local watcher = child.start("watcher", path)
    watcher:expect "open"
    manager = stores.open { database = path }
    local id = enqueue("a", { rearm = true })
    system.sleep(0.1)
    put("a", "1")
    assert.are.equal(("run 1 of %d: %s"):format(id, at "a"), watcher:line())
    manager:cancel(id)
    local other = enqueue "b"
    put("a", "22")
    put("b", "1")
    assert.are.equal(("run 1 of %d: %s"):format(other, at "b"), watcher:line())
  end)

  it("does not take the store itself for a change", function()
    home = path:match "^(.*)/"
    local id = enqueue(nil, { rearm = true })
    manager:enqueue { worker = "nobody" }
    nothing_runs(id)
    put("a", "1")
    assert.are.same({ "a" }, next_run(id))
    nothing_runs(id)
  end)

  it("is told of later changes while it waits for something else", function()
    manager:pause "default"
    local id = enqueue()
    put("a", "1")
    stores.until_true(manager, id, function()
      return manager:find(id).due_at
    end)
    put("b", "1")
    nothing_runs(id)
    manager:resume "default"
    assert.are.same({ "a", "b" }, next_run(id))
  end)

  it("watches other files after an update", function()
    local id = enqueue "a"
    manager:update(id, { worker = "take", constraints = { files = { at "b", settle = 0 } } })
    put("a", "1")
    nothing_runs(id)
    put("b", "1")
    assert.are.same({ "b" }, next_run(id))
  end)

  it("says when it settles", function()
    local id = enqueue("a", { settle = "1h", max_wait = "2h" })
    nothing_runs(id)
    put("a", "1")
    local reason = stores.until_true(manager, id, function()
      local first = manager:why(id)[1]
      return first.clears_at and first
    end)
    assert.are.equal("constraint", reason.kind)
    assert.is_truthy(reason.detail:find("changes settle at", 1, true))
    assert.is_true(math.abs(reason.clears_at - system.gettime() - 3600) < 60)
  end)

  it("sleeps while nothing happens", function()
    local id = enqueue()
    nothing_runs(id)
    local before = manager:stats().turns
    system.sleep(0.3)
    assert.is_true(manager:stats().turns - before <= 1)
  end)

  it("is not lost when the process is killed that saw the change", function()
    manager:close()
    manager = stores.open { database = path }
    local id = enqueue("a", { settle = "1h", max_wait = "1h" })
    local watcher = child.start("watcher", path)
    watcher:expect "open"
    put("a", "1")
    system.sleep(0.2)
    for _, line in ipairs(watcher:kill()) do
      assert.is_nil(line:find "^run")
    end
    local files = { at "a", settle = "50ms" }
    manager:update(id, { worker = "take", constraints = { files = files } })
    manager:close()
    serve()
    assert.are.same({ "a" }, next_run(id))
  end)

  it("is looked after less often when the system has no more watches, and says so", function()
    if child.is_denied "-r" then
      pending "this user may not bound watches"
      return
    end
    manager:close()
    manager = stores.open { database = path }
    sh "mkdir -p a b c d e f"
    local id = enqueue(nil, { rearm = true })
    local watcher = child.start_with_watches("watcher", 4, path)
    watcher:expect "open"
    assert.is_truthy(watcher:line():find "^sensor: files: .* are looked at every 60 s instead$")
    sh "echo 1 > 1"
    assert.are.equal(("run 1 of %d: %s"):format(id, at "1"), watcher:line())
  end)
end)
