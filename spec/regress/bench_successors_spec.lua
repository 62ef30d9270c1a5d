local bench = require "spec.support.bench"
local expect = require "spec.support.expect"

describe("the bench", function()
  it("closes the successors and peers of its managers, too", function()
    local manager = bench.open()
    local successor = manager:crash()
    local peer = successor:peer()
    bench.clear()
    expect.code("CLOSED", successor:find(1))
    expect.code("CLOSED", peer:find(1))
  end)
end)
