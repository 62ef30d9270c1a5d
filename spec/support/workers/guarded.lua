--- Workers in their table form.
local function append(path, line)
  local file = assert(io.open(path, "a"))
  file:write(line .. "\n")
  file:close()
end

return {
  watched = {
    run = function(input, work)
      append(input.log, "begin")
      local _, reason = work:sleep "1h"
      append(input.log, "left " .. tostring(reason))
      return "success"
    end,
    on_stop = function(work, reason)
      append(work.trace, "told " .. reason)
    end,
  },
  brief = {
    run = function()
      while true do -- luacheck: ignore 542
      end
    end,
    timeout = "100ms",
  },
}
