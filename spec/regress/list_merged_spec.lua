local bench = require "spec.support.bench"
local expect = require "spec.support.expect"

describe("a list as input", function()
  local manager

  before_each(function()
    manager = bench.open()
  end)
  after_each(bench.clear)

  local function refused(path, method, ...)
    local ok, message = pcall(manager[method], manager, ...)
    assert.is_false(ok)
    expect.text(path .. ": merging needs string keys, got a list",
      (message:gsub("^[^:]+:%d+: ", "", 1)))
  end

  it("raises at once where it is to be merged", function()
    local first = manager:enqueue { worker = "succeed" }
    refused("request.input", "enqueue", { worker = "succeed", input = { 1 }, after = { first } })
    refused("request[2].input", "enqueue",
      { { worker = "succeed" }, { worker = "succeed", input = { 1 }, merger = "arrays" } })
    refused("stages[2].input", "chain",
      { { worker = "succeed" }, { worker = "succeed", input = { 1 }, merger = "overwrite" } })
    assert.are.equal(1, manager:count { all = true })
  end)

  it("is fine where nothing is merged, or by a function of the application", function()
    manager:enqueue { worker = "succeed", input = { 1 } }
    manager:enqueue { worker = "succeed", input = { 1 }, every = "1h", merger = "arrays" }
    manager:enqueue { worker = "succeed", input = { 1 }, after = { 1 }, merger = "own" }
    assert.are.equal(3, manager:count { all = true })
  end)
end)
