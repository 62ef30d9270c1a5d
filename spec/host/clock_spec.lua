local child = require "spec.support.child"
local folder = require "spec.support.folder"

-- A sanitizer has to be the first library of a program, so none can be preloaded before it.
local is_sanitized = (os.getenv "ASAN_OPTIONS" or os.getenv "TSAN_OPTIONS") ~= nil

if not is_sanitized then
  describe("a program whose clocks are moved", function()
    local lines

    setup(function()
      local place = folder.new()
      local shim
      for pattern in package.cpath:gmatch "[^;]+" do
        local path = pattern:gsub("%?", "spec/modules/clock")
        shim = shim or folder.read(path) and path
      end
      lines = child.start_clocked("clocked", shim, place .. "/clock", place .. "/work.db"):rest()
    end)
    teardown(function()
      child.clear()
      folder.clear()
    end)

    --- Calls check(seconds, what) for each line that begins with the word; there are count.
    local function each(word, count, check)
      local found = 0
      for seconds, what in lines:gmatch(word .. " (%S+) ([^\n]+)") do
        found = found + 1
        check(tonumber(seconds), what)
      end
      assert.are.equal(count, found, lines)
    end

    local function it_takes(word, count, least, state)
      it(("finds the end of each %s in its time"):format(word), function()
        each(word, count, function(seconds, what)
          assert.are.equal(state, what)
          assert.is_true(seconds >= least and seconds < 10, word .. " took " .. seconds)
        end)
      end)
    end

    it_takes("delay", 6, 0.25, "succeeded")
    it_takes("sleep", 12, 0.25, "succeeded")
    it_takes("backoff", 6, 0.25, "succeeded")
    it_takes("timeout", 6, 0.25, "failed")
    it_takes("deadline", 6, 0.25, "failed")

    it("runs at once what the calendar says", function()
      each("calendar", 2, function(seconds, what)
        assert.is_true(what:find "^succe" ~= nil, what)
        assert.is_true(seconds < 10)
      end)
    end)

    it("has waited while the system was suspended", function()
      each("suspended", 4, function(seconds, what)
        assert.is_true(what == "succeeded" or what == "failed", what)
        assert.is_true(seconds < 10)
      end)
    end)

    it("runs no more periods than there were", function()
      each("periods", 1, function(seconds, runs)
        assert.is_true(tonumber(runs) >= 2 and tonumber(runs) <= seconds + 1, runs)
      end)
    end)

    it("ends in order", function()
      assert.is_truthy(lines:find("closed", 1, true))
    end)
  end)
end
