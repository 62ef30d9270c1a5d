--- A worker that keeps for which reason it is told to stop.
return {
  heed = function(input, work)
    local slept, why = work:sleep "1ms"
    if not slept then
      local file = assert(io.open(input.path, "a"))
      file:write("'" .. why .. "'\n")
      file:close()
    end
    return "success"
  end,
}
