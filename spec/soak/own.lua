--- A worker that one program of a crowd knows and no other.
local place = os.getenv "MOONSHIFT_PLACE" or "nowhere"

return {
  ["own-" .. place] = function(_, work)
    return "success", { run = work.run }
  end,
}
