--- The middle one of a list of numbers, which stays as it is.
local function median(values)
  local sorted = {}
  for index, value in ipairs(values) do
    sorted[index] = value
  end
  table.sort(sorted)
  return sorted[math.floor(#sorted / 2) + 1]
end

return median
