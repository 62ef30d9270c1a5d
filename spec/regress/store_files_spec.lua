local child = require "spec.support.child"
local command = require "spec.support.command"
local expect = require "spec.support.expect"
local folder = require "spec.support.folder"
local lfs = require "lfs"
local moonshift = require "moonshift"
local stores = require "spec.support.stores"

local quote = command.quote
local beside = { "-lock", "-wal", "-shm", "-journal" }

--- A store that was closed, with one work in it.
local function closed_store()
  local manager, path = stores.open()
  manager:enqueue { worker = "later" }
  manager:close()
  return path
end

local function shell(line, ...)
  local words = {}
  for index, word in ipairs { ... } do
    words[index] = quote(word)
  end
  assert.are.equal(0, (command.run(line:format((table.unpack or unpack)(words)))))
end

--- The store does not open, says why and names the file; what it leaves alone stays as it is.
local function refuses(path, file, why, untouched)
  local before = untouched and folder.read(untouched)
  local message = expect.code("IO", moonshift.open(path))
  expect.text(file .. ": ", message)
  expect.text(why, message)
  if untouched then
    assert.are.equal(before, folder.read(untouched))
  end
end

describe("the files of a store", function()
  after_each(stores.clear)

  it("are refused with a second name, and what has it stays as it is", function()
    for _, ending in ipairs(beside) do
      local path = closed_store()
      local letter = folder.new() .. "/letter"
      folder.write(letter, ("somebody's letter\n"):rep(100))
      shell("rm -f %s && ln %s %s", path .. ending, letter, path .. ending)
      refuses(path, path .. ending, "one name", letter)
    end
  end)

  it("are refused as symbolic links, and what these lead to stays as it is", function()
    for _, ending in ipairs(beside) do
      local path = closed_store()
      local letter = folder.new() .. "/letter"
      folder.write(letter, ("somebody's letter\n"):rep(100))
      shell("rm -f %s && ln -s %s %s", path .. ending, letter, path .. ending)
      refuses(path, path .. ending, "symbolic link", letter)
      shell("ln -sf %s %s", folder.new() .. "/missing", path .. ending)
      refuses(path, path .. ending, "symbolic link")
    end
  end)

  it("are refused as pipes and folders, and nobody waits for them", function()
    for _, ending in ipairs(beside) do
      local path = closed_store()
      shell("rm -f %s && mkfifo %s", path .. ending, path .. ending)
      refuses(path, path .. ending, "got a pipe")
      shell("rm %s && mkdir %s", path .. ending, path .. ending)
      refuses(path, path .. ending, "got a folder")
    end
  end)

  it("open again once what stood in their way is gone", function()
    local path = closed_store()
    shell("rm -f %s && mkfifo %s", path .. "-lock", path .. "-lock")
    refuses(path, path .. "-lock", "got a pipe")
    shell("rm %s", path .. "-lock")
    assert.are.equal(1, stores.open { database = path }:count { all = true })
  end)

  it("are not made where one beside them is refused", function()
    local path = stores.path()
    shell("mkfifo %s", path .. "-lock")
    refuses(path, path .. "-lock", "got a pipe")
    assert.is_false(folder.exists(path))
  end)

  it("belong to their user alone, whatever the process allows", function()
    for _, mask in ipairs { "000", "022", "277" } do
      local path = stores.path()
      local said = child.start_with_mask("modes", mask, path):rest()
      assert.are.equal("-lock rw-------\n-shm rw-------\n-wal rw-------\n rw-------\n", said)
    end
  end)
end)

describe("a database", function()
  after_each(stores.clear)

  it("with two names opens by neither, so that nobody shares it without knowing", function()
    local manager, path = stores.open()
    local other = path .. ".other"
    shell("ln %s %s", path, other)
    refuses(other, other, "one name")
    refuses(path, path, "one name")
    assert(manager:enqueue { worker = "later" })
    shell("rm %s", other)
    assert.are.equal(1, stores.open { database = path }:count { all = true })
  end)

  it("is not found through a symbolic link, nor made through one", function()
    local path = closed_store()
    local link = path .. ".link"
    shell("ln -s %s %s", path, link)
    refuses(link, link, "symbolic link", path)
    local missing = folder.new() .. "/missing"
    shell("ln -sf %s %s", missing, link)
    refuses(link, link, "symbolic link")
    assert.is_false(folder.exists(missing))
  end)

  it("is found through a folder that is a symbolic link, by the same log and locks", function()
    local manager, path = stores.open()
    local link = folder.new() .. "/link"
    shell("ln -s %s %s", path:match "^(.*)/", link)
    local other = stores.open { database = link .. "/work.db" }
    other:enqueue { worker = "later" }
    assert.are.equal(1, manager:count { all = true })
    assert.are.equal(2, manager:stats().processes)
  end)

  it("is refused as a pipe, a socket or a device, and nobody waits for it", function()
    local path = stores.path()
    shell("mkfifo %s", path)
    refuses(path, path, "got a pipe")
    refuses("/dev/null", "/dev/null", "got a device")
    local socket = path .. ".socket"
    shell("python3 -c 'import socket, sys; socket.socket(1).bind(sys.argv[1])' %s", socket)
    refuses(socket, socket, "got a socket")
    assert.is_nil(lfs.attributes("/dev/null-lock", "mode"))
  end)
end)
