local expect = require "spec.support.expect"
local testing = require "moonshift.testing"

describe("what is wrong with the options of a trial", function()
  local function refused(options, ...)
    local texts = { ... }
    expect.misuse(function()
      testing.run(function() return "success" end, options)
    end, (unpack or table.unpack)(texts))
  end

  it("is named by its whole path", function()
    refused({ attempt = 0 }, "options.attempt: ")
    refused({ tags = { 1 } }, "options.tags[1]: ")
    refused({ files = "here" }, "options.files: ")
    refused({ input = { list = { 1, print } } }, "options.input.list[2]: ")
    refused({ stop_after = -1 }, "options.stop_after: ")
    refused({ surprise = 1 }, "options.surprise: ")
  end)
end)
