--- A setup module: leaves a mark in the Lua state of its thread.
rawset(_G, "spec_prepared", true)
return true
