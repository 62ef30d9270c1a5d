local bench = require "spec.support.bench"
local expect = require "spec.support.expect"
local testing = require "moonshift.testing"

describe("an argument that is missing", function()
  after_each(bench.clear)

  it("is called nil", function()
    local manager = bench.open()
    expect.misuse(function() local _ = manager:find() end, "id: expected an id", "got nil")
    expect.misuse(function() local _ = manager.find() end, "self: expected a manager", "got nil")
    expect.misuse(function() manager:pause() end, "queue: expected", "got nil")
  end)

  it("is a worker that cannot be tried", function()
    expect.misuse(function()
      local outcome = testing.run()
      return outcome
    end, "testing.worker: expected a function", "got nil")
  end)
end)
