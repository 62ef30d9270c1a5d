local command = require "spec.support.command"
local expect = require "spec.support.expect"
local folder = require "spec.support.folder"
local stores = require "spec.support.stores"

describe("the command line", function()
  after_each(stores.clear)

  for _, words in ipairs { "list", "list --json", "show 1", "stats", "enqueue take", "doctor" } do
    it("is not done where the answer of " .. words .. " cannot be written", function()
      local path = folder.new() .. "/work.db"
      local program = ("%s %%s --db %s"):format(command.program(), path)
      command.run(program:format "enqueue take")
      local status, out = command.run(program:format(words) .. " 2>&1 >/dev/full")
      assert.are.equal(1, status)
      expect.text("moonshift: standard output: ", out)
    end)
  end
end)
