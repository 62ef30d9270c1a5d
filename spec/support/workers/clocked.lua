--- Workers of a program whose clocks are moved.
local workers = {}

function workers.nap(input, work)
  return (input.seconds == 0 or work:sleep(input.seconds)) and "success" or "failure"
end

function workers.twice(_, work)
  return work.attempt == 1 and "retry" or "success"
end

return workers
