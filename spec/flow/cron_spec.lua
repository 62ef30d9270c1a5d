local bench = require "spec.support.bench"
local expect = require "spec.support.expect"
local instant = require "spec.support.instant"

describe("cron", function()
  after_each(bench.clear)

  --- The first moments at which work with that expression runs, as texts in UTC.
  local function starts(count, cron, options)
    options = options or {}
    local manager, diary = bench.open { now = options.now }
    local id = assert(manager:enqueue { worker = "succeed", cron = cron, zone = options.zone,
      at = options.at, delay = options.delay })
    local found = {}
    for index = 1, count do
      local due = manager:find(id).due_at
      manager:advance(due - manager:now())
      assert.are.equal(index, #diary)
      found[index] = os.date("!%Y-%m-%dT%H:%M", diary[index].at)
    end
    return found
  end

  it("first runs at the first match after the enqueue time, not at the enqueue time", function()
    assert.are.same({ "2026-01-02T00:00", "2026-01-03T00:00" }, starts(2, "0 0 * * *"))
  end)

  it("runs at each match", function()
    assert.are.same({ "2026-01-01T00:15", "2026-01-01T00:30", "2026-01-01T00:45",
      "2026-01-01T01:00" }, starts(4, "*/15 * * * *"))
  end)

  it("understands lists, ranges and steps", function()
    assert.are.same({ "2026-01-01T08:05", "2026-01-01T08:35", "2026-01-01T10:05" },
      starts(3, "5,35 8-16/2 * * *"))
    assert.are.same({ "2026-01-01T00:10", "2026-01-01T00:15", "2026-01-01T00:20",
      "2026-01-01T01:10" }, starts(4, "10-20/5 * * * *"))
  end)

  it("understands names of months and days in any case", function()
    assert.are.same({ "2026-01-05T00:00", "2026-01-12T00:00" }, starts(2, "0 0 * JAN MON"))
    assert.are.same({ "2026-02-02T00:00" }, starts(1, "0 0 * feb mon"))
    assert.are.same({ "2026-01-05T00:00", "2026-01-06T00:00" }, starts(2, "0 0 * * mon-tue"))
  end)

  it("understands 0 and 7 as Sunday", function()
    assert.are.same({ "2026-01-04T00:00", "2026-01-11T00:00" }, starts(2, "0 0 * * 7"))
    assert.are.same({ "2026-01-04T00:00", "2026-01-11T00:00" }, starts(2, "0 0 * * 0"))
    assert.are.same({ "2026-01-03T00:00", "2026-01-04T00:00", "2026-01-09T00:00" },
      starts(3, "0 0 * * 5-7", { now = "2026-01-02T12:00:00Z" }))
  end)

  it("understands the last day of the month", function()
    assert.are.same({ "2026-01-31T00:00", "2026-02-28T00:00", "2026-03-31T00:00" },
      starts(3, "0 0 L * *"))
  end)

  it("understands the last Friday and the third Friday", function()
    assert.are.same({ "2026-01-30T00:00", "2026-02-27T00:00" }, starts(2, "0 0 * * 5L"))
    assert.are.same({ "2026-01-16T00:00", "2026-02-20T00:00" }, starts(2, "0 0 * * 5#3"))
  end)

  it("understands the short words", function()
    assert.are.same({ "2026-01-01T01:00", "2026-01-01T02:00" }, starts(2, "@hourly"))
    assert.are.same({ "2026-01-02T00:00" }, starts(1, "@daily"))
    assert.are.same({ "2026-01-04T00:00", "2026-01-11T00:00" }, starts(2, "@weekly"))
    assert.are.same({ "2026-02-01T00:00", "2026-03-01T00:00" }, starts(2, "@monthly"))
    assert.are.same({ "2027-01-01T00:00" }, starts(1, "@yearly"))
  end)

  it("with both days restricted runs when either matches", function()
    assert.are.same({ "2026-01-02T00:00", "2026-01-09T00:00", "2026-01-13T00:00",
      "2026-01-16T00:00" }, starts(4, "0 0 13 * FRI"))
  end)

  it("with a day that starts with a star runs when both match", function()
    assert.are.same({ "2026-01-05T00:00", "2026-01-19T00:00" }, starts(2, "0 0 */2 * MON"))
  end)

  it("finds days that come rarely", function()
    assert.are.same({ "2028-02-29T00:00", "2032-02-29T00:00" }, starts(2, "0 0 29 2 *"))
  end)

  it("counts in the local time of its zone", function()
    assert.are.same({ "2026-01-01T11:00", "2026-01-02T11:00" },
      starts(2, "0 12 * * *", { zone = "Europe/Berlin" }))
    assert.are.same({ "2026-01-01T03:00" }, starts(1, "30 8 * * *", { zone = "Asia/Kolkata" }))
  end)

  it("runs at the first valid instant after a time that a clock change skips", function()
    assert.are.same({ "2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30" },
      starts(3, "30 2 * * *", { zone = "Europe/Berlin", now = "2026-03-28T00:00:00Z" }))
    assert.are.same({ "2026-03-08T07:00", "2026-03-09T06:30" },
      starts(2, "30 2 * * *", { zone = "America/New_York", now = "2026-03-08T00:00:00Z" }))
  end)

  it("runs once at a time that a clock change repeats, at its first occurrence", function()
    assert.are.same({ "2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30" },
      starts(3, "30 2 * * *", { zone = "Europe/Berlin", now = "2026-10-24T00:00:00Z" }))
  end)

  it("with any hour follows elapsed time through the repeated hour", function()
    assert.are.same({ "2026-10-25T00:00", "2026-10-25T00:30", "2026-10-25T01:00",
      "2026-10-25T01:30", "2026-10-25T02:00" },
      starts(5, "*/30 * * * *", { zone = "Europe/Berlin", now = "2026-10-24T23:45:00Z" }))
    assert.are.same({ "2026-10-25T00:15", "2026-10-25T01:15", "2026-10-25T02:15" },
      starts(3, "15 * * * *", { zone = "Europe/Berlin", now = "2026-10-24T23:45:00Z" }))
  end)

  it("with any hour goes from the hour before the gap to the hour after it", function()
    assert.are.same({ "2026-03-29T00:15", "2026-03-29T01:15", "2026-03-29T02:15" },
      starts(3, "15 * * * *", { zone = "Europe/Berlin", now = "2026-03-29T00:00:00Z" }))
  end)

  it("does not run before its delay or its time", function()
    assert.are.same({ "2026-01-03T12:00", "2026-01-04T12:00" },
      starts(2, "0 12 * * *", { delay = "2d" }))
    assert.are.same({ "2026-01-05T12:00" },
      starts(1, "0 12 * * *", { at = "2026-01-05T12:00:00Z" }))
    assert.are.same({ "2026-01-06T12:00" },
      starts(1, "0 12 * * *", { at = "2026-01-05T12:00:01Z" }))
  end)

  it("folds missed matches into one run", function()
    local manager, diary = bench.open()
    local id = manager:enqueue { worker = "succeed", cron = "@hourly",
      constraints = { charging = true } }
    manager:advance "3h30m"
    manager:set_condition("charging", true)
    manager:advance "1h"
    assert.are.same({ 12600, 14400 }, bench.moments(diary))
    assert.are.equal(3, manager:find(id).period)
  end)

  it("finds the next match after the start of the run before, not after its end", function()
    local manager, diary = bench.open()
    manager:enqueue { worker = "long", cron = "@hourly", input = { seconds = 5400 } }
    manager:advance "3h"
    -- The match at 2:00 passes while the first run lasts, so the second run starts at its end.
    assert.are.same({ 3600, 9000 }, bench.moments(diary))
  end)

  it("shows expression and zone, and that work is periodic", function()
    local manager = bench.open()
    local id = manager:enqueue { worker = "succeed", cron = "0 7 * * *", zone = "Europe/Berlin" }
    local info = manager:find(id)
    assert.are.equal("0 7 * * *", info.cron)
    assert.are.equal("Europe/Berlin", info.zone)
    assert.are.equal(1, info.period)
    assert.are.equal(instant "2026-01-01T06:00:00Z", info.due_at)
  end)

  it("without sense raises", function()
    local manager = bench.open()
    for _, cron in ipairs { "", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *",
      "* * 32 * *", "* * * 13 *", "* * * * 8", "a * * * *", "*/0 * * * *",
      "@reboot", "@fortnightly", "1,,2 * * * *", "* * * FOO *" } do
      expect.misuse(function()
        local id = manager:enqueue { worker = "succeed", cron = cron }
        return id
      end, "request.cron")
    end
    expect.misuse(function()
      local id = manager:enqueue { worker = "succeed", cron = "@daily", zone = "Mars/Base" }
      return id
    end, "request.zone")
  end)

  it("that never matches raises", function()
    local manager = bench.open()
    for _, cron in ipairs { "0 0 30 2 *", "0 0 31 4,6,9,11 *" } do
      expect.misuse(function()
        local id = manager:enqueue { worker = "succeed", cron = cron }
        return id
      end, "request.cron")
    end
  end)
end)
