local bench = require "spec.support.bench"
local expect = require "spec.support.expect"

describe("why", function()
  local manager, diary

  before_each(function()
    manager, diary = bench.open()
  end)
  after_each(bench.clear)

  local function reason(id, kind)
    for _, found in ipairs(assert(manager:why(id))) do
      if found.kind == kind then
        return found
      end
    end
    return error("no reason of kind " .. kind, 2)
  end

  local function kinds(id)
    local list = {}
    for index, found in ipairs(assert(manager:why(id))) do
      list[index] = found.kind
    end
    return list
  end

  it("of an unknown id is NOTFOUND", function()
    expect.code("NOTFOUND", manager:why(4711))
  end)

  it("is empty when the work is about to run, runs, or has finished", function()
    local id = manager:enqueue { worker = "long" }
    assert.are.same({}, manager:why(id))
    manager:run_due()
    assert.are.same({}, manager:why(id))
    manager:advance(60)
    assert.are.same({}, manager:why(id))
  end)

  it("names the delay and when it is over", function()
    local id = manager:enqueue { worker = "succeed", delay = 90 }
    assert.are.same({ "delay" }, kinds(id))
    assert.are.equal(diary.start + 90, reason(id, "delay").clears_at)
    assert.is_string(reason(id, "delay").detail)
  end)

  it("names the backoff and when it is over", function()
    local id = manager:enqueue { worker = "again" }
    manager:run_due()
    assert.are.same({ "backoff" }, kinds(id))
    assert.are.equal(diary.start + 30, reason(id, "backoff").clears_at)
  end)

  it("names the period and when it begins", function()
    local id = manager:enqueue { worker = "succeed", every = "1h" }
    manager:run_due()
    assert.are.same({ "period" }, kinds(id))
    assert.are.equal(diary.start + 3600, reason(id, "period").clears_at)
  end)

  it("names every unmet condition with its current value", function()
    local id = manager:enqueue { worker = "succeed",
      constraints = { network = "unmetered", charging = true, idle = true, custom = { "vpn" } } }
    manager:set_condition("network", "metered")
    manager:set_condition("idle", true)
    local details = {}
    for _, found in ipairs(manager:why(id)) do
      assert.are.equal("constraint", found.kind)
      assert.is_nil(found.clears_at)
      details[#details + 1] = found.detail
    end
    assert.are.equal(3, #details)
    local text = table.concat(details, "\n")
    for _, part in ipairs { "network", "metered", "charging", "vpn" } do
      expect.text(part, text)
    end
  end)

  it("names the unfinished prerequisites", function()
    local first = manager:enqueue { worker = "succeed", delay = "1h" }
    local id = manager:enqueue { worker = "succeed", after = { first } }
    assert.are.same({ "prerequisite" }, kinds(id))
    expect.text(("%d"):format(first), reason(id, "prerequisite").detail)
  end)

  it("names a paused queue", function()
    manager:pause "mail"
    local id = manager:enqueue { worker = "succeed", queue = "mail" }
    assert.are.same({ "queue_paused" }, kinds(id))
    expect.text("mail", reason(id, "queue_paused").detail)
  end)

  it("names a full queue", function()
    manager:set_queue("mail", { limit = 1 })
    manager:enqueue { worker = "long", queue = "mail" }
    manager:run_due()
    local id = manager:enqueue { worker = "succeed", queue = "mail" }
    assert.are.same({ "queue_limit" }, kinds(id))
    expect.text("mail", reason(id, "queue_limit").detail)
  end)

  it("names a used-up rate and when it frees up", function()
    manager:set_queue("mail", { rate = "1/m" })
    manager:enqueue { worker = "succeed", queue = "mail" }
    manager:run_due()
    manager:advance(10)
    local id = manager:enqueue { worker = "succeed", queue = "mail" }
    assert.are.same({ "rate" }, kinds(id))
    assert.are.equal(diary.start + 60, reason(id, "rate").clears_at)
  end)

  it("names a worker that nobody knows", function()
    local id = manager:enqueue { worker = "mystery" }
    assert.are.same({ "no_runner" }, kinds(id))
    expect.text("mystery", reason(id, "no_runner").detail)
  end)

  it("names everything that holds the work at once", function()
    manager:pause "mail"
    local id = manager:enqueue { worker = "mystery", delay = 60, queue = "mail",
      constraints = { charging = true } }
    expect.members({ "delay", "constraint", "queue_paused", "no_runner" }, kinds(id))
  end)

  it("gets shorter as things come true", function()
    local id = manager:enqueue { worker = "succeed", delay = 60, constraints = { charging = true } }
    manager:advance(60)
    assert.are.same({ "constraint" }, kinds(id))
    manager:set_condition("charging", true)
    assert.are.same({}, kinds(id))
  end)
end)
