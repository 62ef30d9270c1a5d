--- The number of a list that so large a part of them does not exceed; the list stays as it is.
local function quantile(values, part)
  local sorted = {}
  for index, value in ipairs(values) do
    sorted[index] = value
  end
  table.sort(sorted)
  return sorted[math.max(1, math.ceil(#sorted * part))]
end

return quantile
