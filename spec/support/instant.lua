--- Seconds since the epoch of an ISO 8601 text in UTC, so that specs can write dates.
local function days(year, month, day)
  if month <= 2 then
    year, month = year - 1, month + 12
  end
  local era = math.floor(year / 400)
  local of_era = year - era * 400
  local of_year = math.floor((153 * (month - 3) + 2) / 5) + day - 1
  local since = of_era * 365 + math.floor(of_era / 4) - math.floor(of_era / 100) + of_year
  return era * 146097 + since - 719468
end

return function(text)
  local year, month, day, hour, minute, second =
    text:match "^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)Z$"
  assert(year, "not a time in UTC: " .. tostring(text))
  return days(tonumber(year), tonumber(month), tonumber(day)) * 86400
    + tonumber(hour) * 3600 + tonumber(minute) * 60 + tonumber(second)
end
