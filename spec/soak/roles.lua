--- What each program of a crowd does with the store, by its place. Most run work and watch what the
--- others do. Some do only one of the two: whoever does both hears by one word what another, which
--- got lost, was to tell.
local roles = {}

function roles.runs(place)
  return place % 4 ~= 2
end

function roles.watches(place)
  return place % 4 ~= 1
end

return roles
