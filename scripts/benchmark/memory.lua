--- memory(field): what the kernel says that this program holds, in MB: "VmRSS" now, "VmHWM" at most.
return function(field)
  for line in io.lines "/proc/self/status" do
    local size = line:match("^" .. field .. ":%s*(%d+)")
    if size then
      return size / 1024
    end
  end
end
