local command = require "spec.support.command"
local expect = require "spec.support.expect"
local folder = require "spec.support.folder"
local stores = require "spec.support.stores"

describe("work that waits for files", function()
  after_each(stores.clear)

  local function run(path, words)
    local status, out = command.run(("%s %s --db %s 2>&1"):format(command.program(), words, path))
    assert.are.equal(0, status, out)
    return out
  end

  it("is enqueued with options of its files and shown by the command line", function()
    local path = folder.new() .. "/work.db"
    run(path, "enqueue take --constraint files=/in --constraint files=/more "
      .. "--constraint files.settle=3s --constraint files.rearm")
    for _, words in ipairs { "show 1", "show 1 --json", "list --json" } do
      local files = run(path, words):match '"files":(%b{})'
      expect.text('"paths":["/in","/more"]', files)
      expect.text('"rearm":true', files)
      expect.text('"settle":3', files)
    end
  end)
end)
