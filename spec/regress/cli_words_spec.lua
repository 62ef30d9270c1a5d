local command = require "spec.support.command"
local expect = require "spec.support.expect"
local folder = require "spec.support.folder"
local stores = require "spec.support.stores"

describe("the words of the command line", function()
  local path

  before_each(function()
    path = folder.new() .. "/work.db"
    local manager = stores.open { database = path }
    manager:enqueue { { worker = "first", tags = { "x" } }, { worker = "second" } }
    manager:close()
  end)
  after_each(stores.clear)

  local function run(words)
    return command.run(("%s %s 2>&1"):format(command.program(), words:format(path)))
  end

  it("may name the database before the command", function()
    local status, out = run "--db %s list"
    assert.are.equal(0, status, out)
    expect.text("second", out)
  end)

  it("may ask for JSON before the command", function()
    local status, out = run "--json --db %s show 2"
    assert.are.equal(0, status, out)
    expect.text('"worker":"second"', out)
  end)

  it("name a database after the command that wins over one before it", function()
    local status, out = run "--db /nowhere/work.db list --db %s"
    assert.are.equal(0, status, out)
  end)

  for _, words in ipairs { "--tag x", "1", "--state enqueued" } do
    it("take no " .. words .. " beside --all", function()
      local status, out = run("cancel --db %s --all " .. words)
      assert.are.equal(2, status, out)
      expect.text("all", out)
      assert.are.equal(2, stores.open({ database = path }):count { state = "enqueued" })
    end)
  end
end)
