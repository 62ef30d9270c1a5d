--- A module that does not load.
local function inner()
  error "no coal today"
end

inner()
