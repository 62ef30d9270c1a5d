--- threadless.lua DATABASE: opens the store, gets no further thread, says each work's text.
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
child.refuse_threads()
print "open"
manager:run()
