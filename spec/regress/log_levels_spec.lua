local testing = require "moonshift.testing"

--- What testing.run records of one call of work:log.
local function logged(level)
  local outcome, _, record = testing.run(function(_, work)
    work:log(level, "almost full")
    return "success"
  end)
  return outcome, record
end

describe("a worker's log", function()
  it("takes the usual levels, warnings by either of their names", function()
    for _, level in ipairs { "debug", "info", "warn", "warning", "error" } do
      local outcome, record = logged(level)
      assert.are.equal("success", outcome)
      assert.are.same({ { level = level, message = "almost full" } }, record.log)
    end
  end)

  it("refuses a level that it does not know", function()
    local outcome, record = logged "loud"
    assert.are.equal("failure", outcome)
    assert.matches("level: expected .*\"warn\".*got \"loud\"", record.error)
  end)
end)
