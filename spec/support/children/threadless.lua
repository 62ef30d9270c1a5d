--- threadless.lua DATABASE: opens the store, gets no further thread, says each work's text. Says
--- "denied" where the system does not let it do without.
io.stdout:setvbuf "line"
local moonshift = require "moonshift"
local child = require "spec.modules.child"

local manager = assert(moonshift.open {
  database = arg[1],
  on_error = function(event)
    print(event.kind .. ": " .. event.message)
  end,
  workers = {
    say = function(input)
      print(input.text)
      return "success"
    end,
  },
})
print(child.refuse_threads() and "open" or "denied")
manager:run()
